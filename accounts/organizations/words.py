"""A policy in one sentence, in the reader's language."""

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_lazy as _

from mfa.rules.methods import Method
from mfa.rules.policy import Enforcement, Policy

METHODS: dict[Method, str | Promise] = {
    Method.PHONE: _("a phone"),
    Method.APP: _("an authenticator app"),
}


def sentence_of(policy: Policy) -> str:
    """Say what the policy asks of a person."""
    if policy.enforcement is Enforcement.OFF:
        return gettext("People log in with just their password.")
    names = [str(words) for method, words in METHODS.items() if method in policy.methods]
    said = {"methods": get_text_list(names, gettext("or"))}
    if policy.enforcement is Enforcement.REQUIRED:
        return gettext("Everyone sets up %(methods)s, and uses it to log in.") % said
    if policy.deadline is None:
        return gettext("People can set up %(methods)s, or skip it.") % said
    said["day"] = date_format(localtime(policy.deadline), "j F Y")
    return gettext("People can set up %(methods)s. From %(day)s, everyone must.") % said
