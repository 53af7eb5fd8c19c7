"""People, and what binds them."""
