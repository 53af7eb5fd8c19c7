"""Kind: everything that the portal knows about one kind of factor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mfa import challenges
from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.models import AbstractMfaUser, Challenge, Factor
from mfa.rules.methods import WAYS, Method, Way
from mfa.rules.routes import Purpose

# For a kind without words of its own
LOST_TITLE = _("Lost verification method")
LOST, FOUND = _("I can no longer use this"), _("Back: I can still use it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a flow stores about its question.

    `challenge` is the sent message, if the kind sends one. `nonce` is the browser's. `own` counts
    the wrong answers of this session. `purpose` is what the flow is for. `drifted` is that of the
    session's last result. `here` are the hashes of the tokens of
    phones in this browser.
    """

    challenge: Challenge | None = None
    nonce: str = ""
    own: int = 0
    drifted: int = 0
    here: tuple[str, ...] = ()
    purpose: Purpose = Purpose.LOGIN


class Verify(Protocol):
    """Verifies typed text and counts wrong answers. Raises TooMany during a lockout."""

    def __call__(
        self,
        user: AbstractMfaUser,
        factor: Factor | None,
        typed: str,
        *,
        client: Client,
        asked: Asked,
    ) -> Result:
        """Return the outcome."""


class Ask(Protocol):
    """Asks the factor without a code that travels, if it is not asked yet. Raises TooMany."""

    def __call__(
        self, user: AbstractMfaUser, *, client: Client, asked: Asked, again: bool = False
    ) -> None:
        """Ask. `again`: also if it is asked already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The texts that pages show for a kind.

    `label` stands beside a box of a policy, `asked` in a sentence about what a policy asks people
    to set up ("a phone"). `ready` says that the person can use it, and `by` how an answer came ("by
    text"). `choose` can hold %(name)s, the factor's name. `lost` is the button of a login for
    people who lost it, `found` the one that leads back, and `lost_way` how
    to find it. `logs_in` and `backup` are for the home
    page, where a number or address is not part of the sentence. `set_up` is for the login page
    after a first setup, and `added` for the Security page.
    """

    label: Promise
    ready: Promise
    by: Promise
    choose: Promise
    out_of_order: Promise
    asked: Promise | None = None
    logs_in: Promise | None = None
    backup: Promise | None = None
    set_up: Promise | None = None
    added: Promise | None = None
    add: Promise | None = None
    enroll: Promise | None = None
    about: Promise | None = None
    enrolled: Promise | None = None
    from_now_on: Promise | None = None
    lost_title: Promise = LOST_TITLE
    lost: Promise = LOST
    found: Promise = FOUND
    lost_way: Promise | None = None


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of factor. Its pages are URL names.

    `page` takes its answer, `enroll` sets up the first one during a login, and `add` adds one on
    the Security page; "" if there is no such page. `notice` selects the message of the login page
    after the first setup. `challenges`: its own table of open questions, with `created_at`. They
    are valid for minutes. `several`: people can add another one. `icon`: its name, if it is not the
    method's. `facts`: a template for the list on the Security page. `help`: one for the help page,
    if there is no code to type. `signals`: what its `script` tells browsers there, "" for nothing.
    `details`: why an answer was refused, by the word that the audit stores. `ask` asks without a
    message with a code. `is_on`: whether this installation can set one up.
    """

    method: Method
    verify: Verify
    words: Words
    ask: Ask | None = None
    is_on: Callable[[], bool] = _always
    page: str = "mfa:verify"
    enroll: str = ""
    add: str = ""
    notice: str = "added"
    challenges: type[models.Model] | None = None
    several: bool = False
    icon: str = ""
    facts: str = ""
    help: str = ""
    script: str = ""
    signals: Callable[[AbstractMfaUser], str] | None = None
    details: Mapping[str, Promise] = field(default_factory=dict)

    @property
    def way(self) -> Way:
        """How the login asks for it, and which level it proves."""
        return WAYS[self.method]


def verify_sent(
    user: AbstractMfaUser,
    factor: Factor | None,  # noqa: ARG001 the challenge knows it
    typed: str,
    *,
    client: Client,
    asked: Asked,
) -> Result:
    """Verify six digits from a message."""
    if asked.challenge is None:
        return Result(Outcome.EXPIRED)
    return challenges.judge(
        asked.challenge, user, typed, nonce=asked.nonce, client=client, own=asked.own
    )
