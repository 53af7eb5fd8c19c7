"""Tests of the benchmarks' counts. Their times are only printed."""
