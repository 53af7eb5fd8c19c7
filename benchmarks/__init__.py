"""Benchmarks. Each prints its tables, which docs/performance.md keeps."""
