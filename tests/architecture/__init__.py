"""Tests of the project's rules: names, templates, messages, settings."""
