"""Tests of the administration of the second step."""
