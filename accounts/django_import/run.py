"""The run: people some at a time, each whole or not at all. A dry run does the same and undoes it.

People who are here already are never changed (csv10), so a second run brings only new ones.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import policies
from accounts.csv_import.numbers import Reader
from accounts.django_import import contents, people
from accounts.django_import.devices import OURS, AppSettings, DeviceReader, Lack
from accounts.django_import.people import Chosen, LeftOut, Newcomer
from accounts.django_import.reading import Row
from accounts.models import Organization, User
from accounts.organizations import members
from accounts.people import imported_hashes
from mfa import audit, factors
from mfa.models import AuditEvent, Event, SitePolicy
from mfa.rules.fold import Branch, EmptyPolicyError
from mfa.rules.login_names import LoginWith

# People per transaction
BATCH = 100
# What the audit says of a person who came
MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Order:
    """What to import and how. `tell` is called for each thing that is not imported."""

    source: contents.Source
    tell: Callable[[LeftOut], object]
    organization: Organization | None = None
    user_model: str = contents.USERS
    with_staff: bool = False
    dry_run: bool = False
    # What the settings of django-allauth there say; its tables do not.
    allauth_apps: AppSettings = OURS


@dataclass(slots=True)
class Arrivals:
    """How many people were imported, with what, and what was left out, by reason."""

    people: int = 0
    new: int = 0
    passwords: int = 0
    factors: Counter[str] = field(default_factory=Counter)
    left_out: Counter[Lack] = field(default_factory=Counter)
    # Other tables that look like people, if there are none in the chosen one
    others: Sequence[str] = ()


def run(order: Order) -> Arrivals:
    """Import the people. Raises what the source raises, before anything is written."""
    found = contents.read(order.source, order.user_model, _reader(order))
    brand = SitePolicy.brand()
    algorithms = imported_hashes.payable(found.algorithms)
    chosen = Chosen(order.with_staff, brand.login_with is LoginWith.USERNAME, algorithms)
    report = Arrivals(others=sorted(found.others))
    for batch in _batches(found.people()):
        with transaction.atomic():
            _bring(order, report, [people.judge(found, row, chosen) for row in batch])
            transaction.set_rollback(order.dry_run)
    return report


def _reader(order: Order) -> DeviceReader:
    branch = policies.branch_of(order.organization) if order.organization else Branch()
    policy = policies.policy_at(SitePolicy.load(), branch)
    reader = Reader(policy.home_region, policy.allow_voip, settings.SMS_TEST_NUMBERS)
    return DeviceReader(reader, order.allauth_apps)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rest = iter(rows)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _bring(order: Order, report: Arrivals, judged: Sequence[Newcomer | LeftOut]) -> None:
    """Write a batch of people, and count what was imported and what was left out."""
    report.people += len(judged)
    emails = [one.email for one in judged if isinstance(one, Newcomer)]
    here = dict(User.objects.filter(email__in=emails).values_list("email", "pk"))
    moved = _moved(here.values())
    written = []
    for one in judged:
        if isinstance(one, LeftOut):
            _leave_out(order, report, [one])
        elif one.email in here:
            report.left_out[Lack.HERE] += 1
            if here[one.email] not in moved:
                order.tell(one.without(Lack.HERE))
        elif person := _written(order, report, one):
            written.append(person)
    imported_hashes.note(written)


def _moved(people: Collection[int]) -> set[int]:
    """Return those who came with an earlier run. The file does not name them again."""
    events = AuditEvent.objects.filter(event=Event.IMPORTED, user__in=people, details__effect=MOVED)
    return set(events.values_list("user_id", flat=True))


def _written(order: Order, report: Arrivals, one: Newcomer) -> User | None:
    try:
        with transaction.atomic():
            fitting = _without_taken(one)
            person = _create(order, fitting)
    except (IntegrityError, EmptyPolicyError) as error:
        reason = Lack.NO_METHOD if isinstance(error, EmptyPolicyError) else Lack.CONFLICT
        _leave_out(order, report, [one.without(reason)])
        return None
    report.new += 1
    report.passwords += person.has_usable_password()
    report.factors.update(each.kind for each in fitting.factors)
    _leave_out(order, report, fitting.left_out)
    return person


def _create(order: Order, one: Newcomer) -> User:
    now = timezone.now()
    person = User(
        email=one.email,
        full_name=one.full_name,
        username=one.username,
        password=one.password,
        is_active=one.row.is_true("is_active", default=True),
        date_joined=one.row.moment("date_joined") or now,
        last_login=one.row.moment("last_login"),
        mailbox_proven_at=one.proven_at,
        # Also if no second step is imported: just the password must not add one (S12).
        ever_bound_at=now if one.was_bound else None,
    )
    person.save(force_insert=True)
    factors.bring(person, one.factors)
    if order.organization:
        members.join(None, person, order.organization, tells=False)
    audit.record(Event.IMPORTED, person, by=0, effect=MOVED)
    return person


def _without_taken(one: Newcomer) -> Newcomer:
    """Return the person without a username and passkeys that others here have."""
    found = []
    username = one.username
    if username and User.objects.filter(username=username).exists():
        username = None
        found.append(one.lacking("username", Lack.USERNAME))
    free = [each for each in one.factors if not each.is_taken]
    found += [one.lacking(each.kind, Lack.TAKEN) for each in one.factors if each not in free]
    return replace(one, username=username, factors=free, left_out=[*one.left_out, *found])


def _leave_out(order: Order, report: Arrivals, found: Iterable[LeftOut]) -> None:
    for each in found:
        report.left_out[each.reason] += 1
        order.tell(each)
