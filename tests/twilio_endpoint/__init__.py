"""A test double of Twilio: its API behind TLS, and an HTTP proxy for it.

Tests use the fixtures of `fixtures.py`. To try a portal by hand:

python -m tests.twilio_endpoint --directory run/twilio --proxy-port 9901
"""
