"""Tests of the rules: decision tables and properties."""
