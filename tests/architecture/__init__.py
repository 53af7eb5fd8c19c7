"""Tests of the house rules: names, templates, messages, settings."""
