"""Proves that people are who they say; knows a user only as AUTH_USER_MODEL."""
