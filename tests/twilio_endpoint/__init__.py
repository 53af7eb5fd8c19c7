"""A stand-in for Twilio: its API behind TLS, and an HTTP proxy that leads to it.

Tests use the fixtures of `fixtures.py`. By hand, for a walk through a portal in production shape:

    python -m tests.twilio_endpoint --directory run/twilio --proxy-port 9901
"""
