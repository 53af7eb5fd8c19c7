"""The login from the right password to the session. Step-up and reset use the same flow."""

from mfa.login.advance import (
    advance,
    begin,
    begin_invited,
    begin_passed,
    begin_reset,
    choose,
    confirm,
    give_up,
    say_lost,
    skip,
)
from mfa.login.enter import PREFILL, enter
from mfa.login.pages import PAGES, page_of, start_of, step_up_url
from mfa.login.reset import opened_reset
from mfa.login.step_up import (
    WayBack,
    confirm_by_password,
    step_up,
    wants_password,
    way_back,
    will_send,
)

__all__ = [
    "PAGES",
    "PREFILL",
    "WayBack",
    "advance",
    "begin",
    "begin_invited",
    "begin_passed",
    "begin_reset",
    "choose",
    "confirm",
    "confirm_by_password",
    "enter",
    "give_up",
    "opened_reset",
    "page_of",
    "say_lost",
    "skip",
    "start_of",
    "step_up",
    "step_up_url",
    "wants_password",
    "way_back",
    "will_send",
]
