"""Sessions: what they proved, and how they end. settings.SESSION_ENGINE names this package."""

from mfa.session_engine import SessionStore

__all__ = ["SessionStore"]
