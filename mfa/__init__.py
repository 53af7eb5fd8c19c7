"""Multi-factor authentication. The app knows users only through AUTH_USER_MODEL."""
