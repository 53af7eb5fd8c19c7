"""Permissions of accounts and groups, and notices when they change (S05)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from mfa.client import client_of
from mfa.login.guards import person
from mfa.messages import changes
from mfa.messages.changes import Change
from mfa.sessions import trust

NOTHING = ["members:0"]
FLAGS = ("is_active", "is_staff", "is_superuser")


def of_person(user: User) -> list[str]:
    """List the permissions of an account: flags, groups and permissions."""
    groups = user.groups.values_list("name", flat=True)
    return [
        *(name for name in FLAGS if getattr(user, name)),
        *(f"group:{name}" for name in groups),
        *_permissions(user.user_permissions.all()),
    ]


def of_group(group: Group) -> list[str]:
    """List the permissions of a group, and its number of members."""
    members = User.objects.filter(groups=group).count()
    return [*_permissions(group.permissions.all()), f"members:{members}"]


@contextmanager
def watched(request: HttpRequest, *, people: QuerySet[User]) -> Iterator[None]:
    """Notify administrators of every change to these people's permissions, also by deletion."""
    if request.method != "POST":
        yield
        return
    with transaction.atomic():
        former = changes.watchers()
        before = {user.pk: (user, of_person(user)) for user in people.all()}
        yield
        left = {user.pk: user for user in User.objects.filter(pk__in=before)}
        for pk, (user, powers) in before.items():
            now = left.get(pk)
            if told := changes.difference(powers, of_person(now) if now else []):
                trust.end_for(pk)
                changes.tell(
                    Change.POWERS,
                    by=person(request),
                    client=client_of(request),
                    about=now,
                    named=user.email,
                    former=former,
                    given=told.given,
                    taken=told.taken,
                )


@contextmanager
def watched_groups(request: HttpRequest) -> Iterator[None]:
    """Notify administrators of every change to groups, new and deleted ones included."""
    if request.method != "POST":
        yield
        return
    with transaction.atomic():
        former, before = changes.watchers(), _groups()
        yield
        after = _groups()
        for pk, (name, powers) in {**before, **after}.items():
            had = before[pk][1] if pk in before else NOTHING
            has = powers if pk in after else NOTHING
            if told := changes.difference(had, has):
                changes.tell(
                    Change.GROUP,
                    by=person(request),
                    client=client_of(request),
                    former=former,
                    group=name,
                    given=told.given,
                    taken=told.taken,
                )


def _groups() -> dict[int, tuple[str, list[str]]]:
    return {group.pk: (group.name, of_group(group)) for group in Group.objects.all()}


def _permissions(permissions: QuerySet[Permission]) -> list[str]:
    names = permissions.values_list("content_type__app_label", "codename")
    return [f"permission:{app}.{name}" for app, name in names]
