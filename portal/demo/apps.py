"""The demo as an app."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Pages and commands that must never run in production."""

    name = "portal.demo"
    label = "demo"
