"""Tests of the project: admin site, branding, headers and demo."""
