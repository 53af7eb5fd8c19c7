"""System checks: settings that must not be combined, and those worth a warning."""

from ipaddress import ip_network

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning as Caution, register

from mfa.channels import webpush

OUTBOX = "mfa.channels.outbox."
# Backends that store emails, and so codes, where others can read them
READABLE = {
    "django.core.mail.backends.console.EmailBackend",
    "django.core.mail.backends.filebased.EmailBackend",
}


@register(Tags.security)
def check_outbox(**_: object) -> list[CheckMessage]:
    """Refuse to store readable codes outside debugging and the demo (LG-10)."""
    backends = [str(conf["BACKEND"]) for conf in settings.MFA_CHANNELS.values()]
    kept = any(name.startswith(OUTBOX) for name in (*backends, settings.EMAIL_BACKEND))
    if settings.DEBUG or settings.DEMO or not (kept or settings.EMAIL_BACKEND in READABLE):
        return []
    return [
        Error(
            "Texts or emails stay readable on this machine, although DEBUG and DEMO are off.",
            hint="Set EMAIL_URL to a mail server.",
            id="mfa.E001",
        )
    ]


@register(Tags.security)
def check_demo(**_: object) -> list[CheckMessage]:
    """Refuse the virtual phone on a public address, because it shows everyone's codes."""
    if not (settings.DEMO and settings.HTTPS):
        return []
    return [Error("DEMO is on although BASE_URL is https.", hint="Set DEMO=off.", id="mfa.E002")]


@register(Tags.security)
def check_proxies(**_: object) -> list[CheckMessage]:
    """Refuse invalid proxy networks."""
    if all(map(_is_network, settings.TRUSTED_PROXIES)):
        return []
    words = "TRUSTED_PROXIES must hold addresses or networks, such as 10.0.0.5."
    return [Error(words, id="mfa.E003")]


@register(Tags.security)
def check_api_key(**_: object) -> list[CheckMessage]:
    """Refuse half an API key: texts would use the token, or fail."""
    if bool(settings.SMS_API_KEY) == bool(settings.SMS_API_SECRET):
        return []
    return [
        Error(
            "Only one of SMS_API_KEY and SMS_API_SECRET is set.",
            hint="Set both. Or set neither, and texts are sent with the account's token.",
            id="mfa.E004",
        )
    ]


@register(Tags.security)
def check_feedback(**_: object) -> list[CheckMessage]:
    """Refuse feedback without a worker, because logins would wait for it."""
    if settings.DEMO or not (settings.SMS_FEEDBACK and settings.CELERY_TASK_ALWAYS_EAGER):
        return []
    return [
        Error(
            "SMS_FEEDBACK is on, but there is no worker to report which codes were entered.",
            hint="Set BROKER_URL and run a worker, or turn SMS_FEEDBACK off.",
            id="mfa.E005",
        )
    ]


@register(Tags.security)
def check_push(**_: object) -> list[CheckMessage]:
    """Refuse a key that is none, and a contact that a push service refuses (push2)."""
    if not settings.VAPID_PRIVATE_KEY:
        return []
    found: list[CheckMessage] = []
    if not webpush.is_key(settings.VAPID_PRIVATE_KEY):
        hint = "Run: manage.py new_push_key"
        found.append(Error("VAPID_PRIVATE_KEY is not a key.", hint=hint, id="mfa.E006"))
    fault = webpush.contact_fault(settings.VAPID_CONTACT)
    if fault and not (settings.DEMO or settings.DEBUG):
        hint = "Set VAPID_CONTACT, for example to mailto:security@example.com."
        found.append(Error(f"VAPID_CONTACT {fault}.", hint=hint, id="mfa.E007"))
    return found


@register(Tags.security)
def check_push_tests(**_: object) -> list[CheckMessage]:
    """Refuse to post into one's own network on a public server (push5)."""
    if settings.DEMO or settings.DEBUG or not settings.PUSH_TEST_ENDPOINTS:
        return []
    words = "PUSH_TEST_ENDPOINTS is set although DEBUG and DEMO are off."
    return [Error(words, hint="Remove the line.", id="mfa.E008")]


@register(Tags.security, deploy=True)
def check_eager(**_: object) -> list[CheckMessage]:
    """Warn if pages wait for the SMS provider or the mail server."""
    if settings.DEBUG or settings.DEMO or not settings.CELERY_TASK_ALWAYS_EAGER:
        return []
    return [
        Caution(
            "Texts and mails are sent while the page waits.",
            hint="Set BROKER_URL and run a worker: celery -A portal worker.",
            id="mfa.W001",
        )
    ]


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
