"""Tests of the app's admin pages."""
