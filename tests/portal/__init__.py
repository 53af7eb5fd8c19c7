"""Tests of the project: its admin site, looks, headers and demo."""
