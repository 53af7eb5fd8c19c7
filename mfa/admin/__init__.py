"""The app's admin pages: the account policy, and read-only lists."""
