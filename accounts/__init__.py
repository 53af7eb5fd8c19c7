"""The user model, account pages, and roles."""
