"""What the portal costs: each prints its tables, which docs/performance.md keeps."""
