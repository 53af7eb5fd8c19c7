"""How messages travel; which backend serves which channel stands in settings.MFA_CHANNELS."""

from functools import cache

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from mfa.channels.base import Channel


def available(name: str) -> bool:
    """Say whether this installation has a channel of that name ("sms" or "email")."""
    return name in settings.MFA_CHANNELS


def get(name: str) -> Channel:
    """Return the process-wide channel of that name. Raises KeyError where there is none."""
    # The cache would tell a member of an enum from its text.
    return _made(str(name))


@cache
def _made(name: str) -> Channel:
    conf = settings.MFA_CHANNELS[name]
    channel = import_string(conf["BACKEND"])(**conf["OPTIONS"])
    if not isinstance(channel, Channel):
        msg = f"{conf['BACKEND']} is not a Channel"
        raise TypeError(msg)
    return channel


def _forget(*, setting: str, **_: object) -> None:
    if setting == "MFA_CHANNELS":
        _made.cache_clear()


setting_changed.connect(_forget)
