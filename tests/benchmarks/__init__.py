"""The benchmarks' counts, as promises; their times are only printed."""
