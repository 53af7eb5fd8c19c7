"""Functions on accounts, such as changing a password or email."""
