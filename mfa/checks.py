"""System checks: combinations that must not start, and those worth a warning."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning as Caution, register

OUTBOX = "mfa.channels.outbox."


@register(Tags.security)
def check_outbox(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """Refuse a gateway that keeps codes readable outside debugging and the demo (LG-10)."""
    del app_configs
    backends = [str(conf["BACKEND"]) for conf in settings.MFA_CHANNELS.values()]
    kept = any(name.startswith(OUTBOX) for name in (*backends, settings.EMAIL_BACKEND))
    if not kept or settings.DEBUG or settings.DEMO:
        return []
    return [
        Error(
            "Texts or mails go to the outbox although neither DEBUG nor DEMO is on.",
            hint="Set MFA_CHANNELS and EMAIL_URL to real services.",
            id="mfa.E001",
        )
    ]


@register(Tags.security, deploy=True)
def check_eager(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """Warn where pages wait for the SMS provider or the mail server."""
    del app_configs
    if settings.DEBUG or settings.DEMO or not settings.CELERY_TASK_ALWAYS_EAGER:
        return []
    return [
        Caution(
            "Texts and mails are sent while the page waits.",
            hint="Set BROKER_URL and run a worker: celery -A portal worker.",
            id="mfa.W001",
        )
    ]
