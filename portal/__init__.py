"""The project: it combines the apps accounts and mfa, and neither of them imports it."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
