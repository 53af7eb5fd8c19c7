"""Tests of people and what binds them."""
