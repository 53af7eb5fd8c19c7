"""Routes: which ones a person has, best first."""

from functools import partial

import pytest

from mfa.rules.methods import DEFAULT, ChannelName, Method
from mfa.rules.policy import EmailCodes, Policy, WeakerWays
from mfa.rules.regions import EVERYWHERE
from mfa.rules.routes import (
    Holding,
    Mailbox,
    Purpose,
    Route,
    binding,
    by_mailbox_only,
    confirming,
    recovers,
    routes_for,
    usable,
)

PHONE = Holding(7, Method.PHONE, "+447546123456")
ASSIGNED = Holding(7, Method.PHONE, proven=False)
SECOND_PHONE = Holding(8, Method.PHONE, "+447911123456")  # of Guernsey
SHIP = Holding(7, Method.PHONE, "+881612345678")  # of a satellite, from a time before this rule
UNREAD = Holding(7, Method.PHONE, "")
APP = Holding(9, Method.APP)
MAILBOX = Holding(10, Method.EMAIL, "alice@example.org")
SECOND_MAILBOX = Holding(14, Method.EMAIL, "alice@example.com")
PASSKEY = Holding(15, Method.PASSKEY)
SECOND_PASSKEY = Holding(16, Method.PASSKEY)
CODES = Holding(11, Method.RECOVERY_CODES)
LOST_APP = Holding(12, Method.APP, works=False)
LOST_CODES = Holding(13, Method.RECOVERY_CODES, works=False)
TEXT = Route(ChannelName.SMS, 7)
SECOND_TEXT = Route(ChannelName.SMS, 8)
EMAIL = Route(ChannelName.EMAIL)
OWN_MAILBOX, SECOND_OWN = Route(ChannelName.EMAIL, 10), Route(ChannelName.EMAIL, 14)
EMAIL_ONLY = frozenset({Method.EMAIL})
WITH_EMAIL = DEFAULT | EMAIL_ONLY
KEY = Route(ChannelName.APP, 9)
TOUCH = Route(ChannelName.PASSKEY, 15)
SPARE = Route(ChannelName.RECOVERY_CODES, 11)
ALL_CHANNELS = frozenset(ChannelName)
NO_TEXTS = frozenset({ChannelName.EMAIL})
NO_MAIL = frozenset({ChannelName.SMS})


def case(name, holdings, *expected, channels=ALL_CHANNELS, **wishes):
    return pytest.param(Policy(**wishes), holdings, channels, expected, id=name)


def all_but(method):
    return frozenset(Method) - {method}


@pytest.mark.parametrize(
    ("policy", "holdings", "channels", "expected"),
    [
        case("a phone, the mailbox beside it", [PHONE], TEXT, EMAIL),
        case("two phones, the better one first", [PHONE, SECOND_PHONE], TEXT, SECOND_TEXT, EMAIL),
        case("the order is the caller's", [SECOND_PHONE, PHONE], SECOND_TEXT, TEXT, EMAIL),
        case("weaker ways beside a passkey", [PHONE, PASSKEY], TOUCH, TEXT, EMAIL),
        case("one route for all passkeys", [PASSKEY, SECOND_PASSKEY, APP], TOUCH, KEY, EMAIL),
        case(
            "weaker ways are refused beside a passkey",
            [PHONE, APP, MAILBOX, PASSKEY, CODES],
            TOUCH,
            SPARE,
            methods=WITH_EMAIL,
            weaker_ways=WeakerWays.REFUSE,
        ),
        case("not without a passkey", [PHONE], TEXT, EMAIL, weaker_ways=WeakerWays.REFUSE),
        case(
            "not where a passkey cannot be used",
            [PHONE, PASSKEY],
            TEXT,
            EMAIL,
            methods=all_but(Method.PASSKEY),
            weaker_ways=WeakerWays.REFUSE,
        ),
        case("nothing enrolled, no mailbox either", []),
        case("only a policy that names email allows one of its own", [MAILBOX]),
        case("not beside a phone either", [PHONE, MAILBOX], TEXT, EMAIL),
        case("a mailbox of its own", [MAILBOX], OWN_MAILBOX, methods=WITH_EMAIL),
        case(
            "the account's comes last, after it and before no codes",
            [SECOND_MAILBOX, MAILBOX, CODES, PHONE],
            TEXT,
            SECOND_OWN,
            OWN_MAILBOX,
            SPARE,
            EMAIL,
            methods=WITH_EMAIL,
        ),
        case(
            "no codes to the account's address leave it open",
            [MAILBOX, PHONE],
            TEXT,
            OWN_MAILBOX,
            methods=WITH_EMAIL,
            email_codes=EmailCodes.OFF,
        ),
        case("email alone", [MAILBOX, PHONE], OWN_MAILBOX, methods=EMAIL_ONLY),
        case(
            "no channel for mail, no mailbox",
            [MAILBOX, PHONE],
            TEXT,
            channels=NO_MAIL,
            methods=WITH_EMAIL,
        ),
        case("an app, the mailbox beside it", [APP], KEY, EMAIL),
        case(
            "an app that cannot be read is no route, but the mailbox stands in", [LOST_APP], EMAIL
        ),
        case("nor are codes that cannot be read", [LOST_CODES, PHONE], TEXT, EMAIL),
        case("one that can be read goes on", [LOST_APP, APP], KEY, EMAIL),
        case("the app before the phone", [PHONE, APP], KEY, TEXT, EMAIL),
        case("codes before the mailbox", [CODES, PHONE, APP], KEY, TEXT, SPARE, EMAIL),
        case("codes alone bring no mailbox", [CODES], SPARE),
        case("apps are no method here", [APP, PHONE], TEXT, EMAIL, methods=all_but(Method.APP)),
        case("nor does a method that is none", [APP], methods=all_but(Method.APP)),
        case("codes need no channel", [CODES, PHONE], SPARE, channels=frozenset()),
        case("an app needs no channel", [APP, PHONE], KEY, EMAIL, channels=NO_TEXTS),
        case("the codes by email only recover", [PHONE], TEXT, email_codes=EmailCodes.RECOVERY),
        case("no codes by email", [PHONE], TEXT, email_codes=EmailCodes.OFF),
        case(
            "methods do not decide about the account's email",
            [PHONE],
            TEXT,
            EMAIL,
            methods=all_but(Method.EMAIL),
        ),
        case("phones are no method here", [PHONE], methods=all_but(Method.PHONE)),
        case("no method at all", [PHONE], methods=frozenset()),
        case("no channel for mail", [PHONE], TEXT, channels=NO_MAIL),
        case("no channel for texts", [PHONE], EMAIL, channels=NO_TEXTS),
        case("no channel for texts, no phone", [], channels=NO_TEXTS),
        case("an assigned phone proves no mailbox", [ASSIGNED], TEXT),
        case(
            "beside a proven one it does not matter",
            [ASSIGNED, SECOND_PHONE],
            TEXT,
            SECOND_TEXT,
            EMAIL,
        ),
        case("no channel at all", [PHONE], channels=frozenset()),
        case("no texts to its country", [PHONE], EMAIL, text_regions=frozenset({"FR"})),
        case("no country at all", [PHONE], EMAIL, text_regions=frozenset()),
        case(
            "one of two in a country with texts",
            [PHONE, SECOND_PHONE],
            SECOND_TEXT,
            EMAIL,
            text_regions=frozenset({"GG"}),
        ),
        case("a number of no country", [SHIP], EMAIL, text_regions=EVERYWHERE - {"FR"}),
        case("without a list no number is read", [UNREAD], TEXT, EMAIL),
        case("closed for new numbers", [PHONE], TEXT, EMAIL, enroll_regions=frozenset({"FR"})),
    ],
)
def test_routes_are_ordered_best_first(policy, holdings, channels, expected):
    assert usable(policy, holdings, channels) == expected


def test_holdings_are_read_once():
    assert usable(Policy(), iter([PHONE, APP]), ALL_CHANNELS) == (KEY, TEXT, EMAIL)


@pytest.mark.parametrize(
    ("policy", "holdings", "channels", "open_"),
    [
        (Policy(), [PHONE], ALL_CHANNELS, True),
        (Policy(), [], ALL_CHANNELS, True),
        (Policy(email_codes=EmailCodes.RECOVERY), [PHONE], ALL_CHANNELS, True),
        (Policy(email_codes=EmailCodes.OFF), [PHONE], ALL_CHANNELS, False),
        (Policy(methods=all_but(Method.EMAIL)), [PHONE], ALL_CHANNELS, True),
        (Policy(), [PHONE], NO_MAIL, False),
        # Recovery codes do not prove a number that an administrator entered. An app beside it does.
        (Policy(), [ASSIGNED, CODES], ALL_CHANNELS, False),
        (Policy(), [ASSIGNED, APP], ALL_CHANNELS, True),
    ],
)
def test_emailed_code_opens_new_enrollment(policy, holdings, channels, open_):
    """EM-02, EM-03."""
    assert recovers(policy, holdings, channels) is open_


@pytest.mark.parametrize(
    ("route", "name"),
    [
        (TEXT, "sms-7"),
        (EMAIL, "email"),
        (Route(ChannelName.SMS, 0), "sms-0"),
        (KEY, "app-9"),
        (SPARE, "recovery_codes-11"),
    ],
    ids=str,
)
def test_route_has_name_for_forms(route, name):
    assert route.name == name


@pytest.mark.parametrize(
    ("route", "by_itself"),
    [(TEXT, True), (KEY, True), (OWN_MAILBOX, True), (EMAIL, False), (SPARE, False)],
    ids=str,
)
def test_account_email_and_recovery_codes_wait_for_request(route, by_itself):
    assert route.asks_by_itself is by_itself


@pytest.mark.parametrize(
    ("route", "proof"),
    [(TEXT, "sms"), (EMAIL, "email"), (OWN_MAILBOX, "enrolled_email"), (SPARE, "recovery_codes")],
    ids=str,
)
def test_code_to_the_account_proves_no_enrolled_email(route, proof):
    assert route.proof == proof


def test_enrolled_email_with_the_account_address_is_linked():
    mailbox = Mailbox(MAILBOX.target)
    routes = usable(MIXED, [MAILBOX, SECOND_MAILBOX], ALL_CHANNELS, mailbox=mailbox)
    assert [route.linked for route in routes] == [True, False]


@pytest.mark.parametrize(
    ("routes", "confirming_ones", "with_email_alone"),
    [
        ((TEXT, SECOND_TEXT), (TEXT, SECOND_TEXT), (TEXT, SECOND_TEXT)),
        ((TEXT, OWN_MAILBOX, EMAIL), (TEXT,), (TEXT,)),
        ((OWN_MAILBOX, SPARE), (SPARE,), (SPARE,)),
        # Texts that are out of order do not open it.
        ((OWN_MAILBOX, EMAIL), (), (OWN_MAILBOX,)),
        ((SECOND_OWN, OWN_MAILBOX), (), (SECOND_OWN, OWN_MAILBOX)),
        # The account's own address is never enough.
        ((EMAIL,), (), ()),
        ((), (), ()),
    ],
)
def test_email_confirms_only_if_it_is_the_only_method(routes, confirming_ones, with_email_alone):
    """EM-01, EM-07."""
    assert confirming(routes, alone=False) == confirming_ones
    assert confirming(routes, alone=True) == with_email_alone


@pytest.mark.parametrize(
    ("methods", "holdings", "never_stronger", "alone"),
    [
        (EMAIL_ONLY, [], False, True),
        (EMAIL_ONLY, [PHONE], False, True),
        (EMAIL_ONLY | {Method.RECOVERY_CODES}, [MAILBOX, CODES], False, True),
        (WITH_EMAIL, [MAILBOX], True, True),
        (WITH_EMAIL, [MAILBOX, SECOND_MAILBOX], True, True),
        # A phone that is gone still counts.
        (WITH_EMAIL, [MAILBOX], False, False),
        (WITH_EMAIL, [MAILBOX, PHONE], True, False),
        (WITH_EMAIL, [MAILBOX, CODES], True, False),
        # The account's own address is no factor.
        (WITH_EMAIL, [], True, False),
        (DEFAULT, [MAILBOX], True, False),
    ],
)
def test_email_is_alone_by_policy_or_if_there_never_was_more(
    methods, holdings, never_stronger, alone
):
    """EM-07."""
    policy = Policy(methods=methods)
    assert by_mailbox_only(policy, iter(holdings), never_stronger=never_stronger) is alone


def bound(name, holdings, confirmed, *expected, channels=ALL_CHANNELS, **wishes):
    return pytest.param(Policy(**wishes), holdings, confirmed, channels, expected, id=name)


@pytest.mark.parametrize(
    ("policy", "holdings", "confirmed", "channels", "expected"),
    [
        bound("a mailbox comes last", [PHONE], (TEXT,), TEXT, EMAIL),
        bound("and alone where all is lost", [], (), EMAIL),
        bound("beside one of its own", [MAILBOX], (OWN_MAILBOX,), OWN_MAILBOX, EMAIL),
        bound("not where a login asks", [PHONE], (TEXT,), TEXT, in_force=True),
        bound("it does in a pause", [PHONE], (TEXT,), TEXT, EMAIL, in_force=True, paused=True),
        bound(
            "email only recovers", [PHONE], (TEXT,), TEXT, EMAIL, email_codes=EmailCodes.RECOVERY
        ),
        bound("no codes by email", [PHONE], (TEXT,), TEXT, email_codes=EmailCodes.OFF),
        bound("no mail now", [PHONE], (TEXT,), TEXT, channels=NO_MAIL),
    ],
)
def test_email_allows_adding_factor_only_without_mfa(
    policy, holdings, confirmed, channels, expected
):
    """EN-02, EM-03."""
    assert binding(policy, holdings, confirmed, channels) == expected


def used(name, purpose, holdings, *expected, policy=None, channels=ALL_CHANNELS, **asked):
    asking = partial(routes_for, purpose, policy or Policy(), channels_up=channels, **asked)
    return pytest.param(asking, holdings, expected, id=name)


OFF = Policy(in_force=True, email_codes=EmailCodes.OFF)
BOUND = Policy(in_force=True)
ONLY_MAIL = Policy(methods=EMAIL_ONLY)
MIXED = Policy(methods=WITH_EMAIL)
RESTS = Mailbox(MAILBOX.target, rests=True)
JUST_RESET = Mailbox(MAILBOX.target, rests=True, after_reset=True)


@pytest.mark.parametrize(
    ("asking", "holdings", "expected"),
    [
        used("a login takes all", Purpose.LOGIN, [PHONE, APP], KEY, TEXT, EMAIL),
        used("a login binds nothing", Purpose.LOGIN, [PHONE], TEXT, EMAIL, binds=True, idle=True),
        used("a step-up takes no mailbox", Purpose.STEP_UP, [PHONE, APP], KEY, TEXT),
        used("nor where the app cannot be read", Purpose.STEP_UP, [LOST_APP]),
        used("nor an enrolled one", Purpose.STEP_UP, [PHONE, MAILBOX], TEXT, policy=MIXED),
        used("nor after something stronger", Purpose.STEP_UP, [MAILBOX], policy=MIXED),
        used("a reset takes none then", Purpose.RESET, [MAILBOX], policy=MIXED),
        used(
            "it does if there never was more",
            Purpose.STEP_UP,
            [MAILBOX],
            OWN_MAILBOX,
            policy=MIXED,
            never_stronger=True,
        ),
        used(
            "a reset too",
            Purpose.RESET,
            [MAILBOX],
            OWN_MAILBOX,
            policy=MIXED,
            never_stronger=True,
        ),
        used(
            "and where only email is allowed",
            Purpose.STEP_UP,
            [PHONE, MAILBOX],
            OWN_MAILBOX,
            policy=Policy(methods=EMAIL_ONLY, email_codes=EmailCodes.OFF),
        ),
        used(
            "adding to it",
            Purpose.STEP_UP,
            [MAILBOX],
            OWN_MAILBOX,
            policy=Policy(in_force=True, methods=EMAIL_ONLY),
            binds=True,
        ),
        used("a reset takes no mailbox", Purpose.RESET, [PHONE, APP], KEY, TEXT),
        used("a reset binds nothing", Purpose.RESET, [PHONE], TEXT, binds=True, idle=True),
        used("an idle account that only confirms", Purpose.STEP_UP, [PHONE], TEXT, idle=True),
        used("binding while no login asks", Purpose.STEP_UP, [PHONE], TEXT, EMAIL, binds=True),
        used("binding else", Purpose.STEP_UP, [PHONE], TEXT, policy=BOUND, binds=True),
        used("no mail to bind by", Purpose.STEP_UP, [PHONE], TEXT, channels=NO_MAIL, binds=True),
        used(
            "an idle account binds", Purpose.STEP_UP, [], EMAIL, policy=OFF, binds=True, idle=True
        ),
        used(
            "and cannot without mail",
            Purpose.STEP_UP,
            [PHONE],
            channels=NO_MAIL,
            binds=True,
            idle=True,
        ),
        used(
            "no enrolled email before a new setup",
            Purpose.LOGIN,
            [PHONE, MAILBOX],
            TEXT,
            EMAIL,
            policy=MIXED,
            outdated=True,
        ),
        used("nor if a phone is gone", Purpose.LOGIN, [MAILBOX], policy=MIXED, outdated=True),
        used(
            "it does if it is all there ever was",
            Purpose.LOGIN,
            [MAILBOX],
            OWN_MAILBOX,
            policy=MIXED,
            outdated=True,
            never_stronger=True,
        ),
        used("the mailbox recovers", Purpose.RECOVER, [PHONE], EMAIL),
        used("not where email is off", Purpose.RECOVER, [PHONE], policy=OFF),
        used("not without mail", Purpose.RECOVER, [PHONE], channels=NO_MAIL),
        used("not while it rests", Purpose.RECOVER, [PHONE], mailbox=RESTS),
        used("it rests at a login too", Purpose.LOGIN, [PHONE], TEXT, mailbox=RESTS),
        used(
            "an enrolled email elsewhere does not rest",
            Purpose.LOGIN,
            [SECOND_MAILBOX],
            SECOND_OWN,
            policy=MIXED,
            mailbox=JUST_RESET,
        ),
        used(
            "in the same mailbox it does",
            Purpose.LOGIN,
            [MAILBOX],
            policy=MIXED,
            mailbox=JUST_RESET,
        ),
        used(
            "not after a changed address (fac2)",
            Purpose.LOGIN,
            [MAILBOX],
            OWN_MAILBOX,
            policy=MIXED,
            mailbox=RESTS,
        ),
        used(
            "not if there never was more",
            Purpose.LOGIN,
            [MAILBOX],
            OWN_MAILBOX,
            policy=MIXED,
            mailbox=JUST_RESET,
            never_stronger=True,
        ),
        used(
            "but not where it is all there is",
            Purpose.RECOVER,
            [],
            EMAIL,
            policy=ONLY_MAIL,
            mailbox=RESTS,
        ),
        used(
            "reset by support, email codes off",
            Purpose.RECOVER,
            [],
            EMAIL,
            policy=OFF,
            was_reset=True,
        ),
        used(
            "after the wait, whatever the policy",
            Purpose.RECOVER,
            [PHONE],
            EMAIL,
            policy=OFF,
            waited=True,
        ),
        used("after the wait, without mail", Purpose.RECOVER, [], channels=NO_MAIL, waited=True),
        used(
            "after the wait, the mail rests", Purpose.RECOVER, [PHONE], mailbox=RESTS, waited=True
        ),
        used("the wait is for recovery", Purpose.STEP_UP, [PHONE], TEXT, policy=OFF, waited=True),
        used("reset, without mail", Purpose.RECOVER, [], channels=NO_MAIL, was_reset=True),
        used("reset, address changed", Purpose.RECOVER, [], was_reset=True, mailbox=RESTS),
        used(
            "reset, address changed, email only",
            Purpose.RECOVER,
            [],
            policy=ONLY_MAIL,
            was_reset=True,
            mailbox=RESTS,
        ),
        used(
            "reset and adding", Purpose.STEP_UP, [], EMAIL, policy=OFF, binds=True, was_reset=True
        ),
        used("reset, not adding", Purpose.STEP_UP, [PHONE], TEXT, was_reset=True),
        used("a new number is no route", Purpose.ENROLL, [PHONE, APP]),
        used("nor at a change", Purpose.CHANGE, [PHONE, APP]),
        used("nor in a test", Purpose.TEST, [PHONE, APP]),
        used("nor of the account", Purpose.ACCOUNT, [PHONE, APP]),
    ],
)
def test_each_purpose_has_its_routes(asking, holdings, expected):
    assert asking(holdings=iter(holdings)) == expected


@pytest.mark.parametrize("purpose", [Purpose.LOGIN, Purpose.STEP_UP, Purpose.RESET])
@pytest.mark.parametrize("address", [MAILBOX.target, SECOND_MAILBOX.target])
def test_enrolled_email_says_whether_it_is_the_account_s(purpose, address):
    mailbox = Mailbox(address)
    (route,) = routes_for(purpose, ONLY_MAIL, [MAILBOX], ALL_CHANNELS, mailbox=mailbox)
    assert route.linked is (address == MAILBOX.target)


STOPPED = Holding(1, Method.PHONE, "+447700900201", refuses=True)
ALL = frozenset({ChannelName.SMS, ChannelName.EMAIL})


def test_phone_that_refuses_texts_comes_last_and_waits():
    mailbox, phone = usable(Policy(), [STOPPED], ALL)
    assert (mailbox, phone) == (Route(ChannelName.EMAIL), Route(ChannelName.SMS, 1))
    assert (mailbox.refused, phone.refused) == (False, True)
    assert not phone.asks_by_itself


def test_phone_that_accepts_texts_comes_first():
    other = Holding(2, Method.PHONE, "+447700900202")
    assert [route.factor for route in usable(Policy(), [STOPPED, other], ALL)] == [2, None, 1]


def test_refused_route_is_still_the_chosen_route():
    """A session's chosen route stays chosen."""
    assert Route(ChannelName.SMS, 1, refused=True) == Route(ChannelName.SMS, 1)
    assert len({Route(ChannelName.SMS, 1, refused=True), Route(ChannelName.SMS, 1)}) == 1


def test_any_phone_that_gets_alerts_stands_for_all_of_them() -> None:
    """push9: one question asks all phones. One that gets no alert comes after all other ways."""
    policy = Policy()
    deaf, alerted = (
        Holding(number, Method.PUSH, refuses=refuses) for number, refuses in ((1, True), (2, False))
    )
    phone = Holding(3, Method.PHONE, "+447700900123")
    up = frozenset({ChannelName.SMS, ChannelName.PUSH})
    found = routes_for(Purpose.LOGIN, policy, [deaf, alerted, phone], up)
    assert [route.name for route in found] == ["push-2", "sms-3"]
    found = routes_for(Purpose.LOGIN, policy, [deaf, phone], up)
    assert [route.name for route in found] == ["sms-3", "push-1"]
    assert [route.asks_by_itself for route in found] == [True, False]


def test_approval_needs_a_portal_that_can_send() -> None:
    policy = Policy()
    held = [Holding(1, Method.PUSH), Holding(2, Method.APP)]
    found = routes_for(Purpose.LOGIN, policy, held, frozenset({ChannelName.SMS}))
    assert [route.name for route in found] == ["app-2"]
