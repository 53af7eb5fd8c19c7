"""People from a CSV file: read it, map its columns, check every line, then import."""
