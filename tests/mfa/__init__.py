"""Tests of multi-factor authentication."""
