"""Many at once: what parallel requests may and may not win."""
