"""The portal as real processes: gunicorn, worker, beat, and the servers around them.

Tests and benchmarks start it from here, each with its own database.
"""
