"""Races: which of many parallel requests succeed."""
