"""The project: puts accounts and mfa together and is imported by neither."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
