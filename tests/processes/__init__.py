"""The portal as real processes: gunicorn, worker, beat, and the servers around them.

Tests, walks and benchmarks start it from here, each on a database of its own.
"""
