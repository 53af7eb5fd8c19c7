"""The promises of docs/operators.md about outages, shown by stopping parts of the portal."""
