"""The channels that send messages. settings.MFA_CHANNELS names the class for each."""

from functools import cache

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from mfa.channels.base import Channel
from mfa.rules import masking
from mfa.rules.methods import ChannelName


def available(name: str) -> bool:
    """Whether this installation has the channel "sms" or "email"."""
    return name in settings.MFA_CHANNELS


def get(name: str) -> Channel:
    """Return the channel of that name, one per process. Raises KeyError if there is none."""
    # The cache would treat an enum member and its text as different keys.
    return _made(str(name))


def masked(name: str, target: str) -> str:
    """Return a masked address or number, as pages may show it (PS-10)."""
    if name == ChannelName.SMS:
        return gettext("number ending %s") % masking.ending(target)
    return masking.masked_email(target)


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
