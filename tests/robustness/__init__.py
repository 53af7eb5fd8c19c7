"""What docs/operators.md promises of a portal whose parts stop, shown by stopping them."""
