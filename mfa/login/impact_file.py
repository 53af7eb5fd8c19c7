"""The people that a change affects, as a file."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib.admin.utils import label_for_field
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext

from mfa import files
from mfa.files import Columns, Format
from mfa.login.impact import Impact
from mfa.login.policy_words import OUTCOMES
from mfa.models import Factor
from mfa.rules.masking import ending
from mfa.rules.methods import Method
from mfa.rules.outcomes import NextLogin

# People whose numbers are read at once
AT_ONCE = 500


def file_of(impact: Impact, *, whole_numbers: bool, kind: Format) -> HttpResponse:
    """Return the file, row by row. Numbers are masked except for administrators."""
    rows = _rows(impact, whole=whole_numbers)
    return files.download("affected-people", _columns(), rows, kind)


def _columns() -> Columns:
    model = get_user_model()
    return {
        **{name: capfirst(str(label_for_field(name, model))) for name in model.SEARCHED},
        "number": capfirst(gettext("phone number")),
        "next_login": capfirst(gettext("at the next login")),
        "logged_in": capfirst(gettext("logged in now")),
    }


def _rows(impact: Impact, *, whole: bool) -> Iterator[list[str]]:
    model, people = get_user_model(), impact.people()
    while some := list(islice(people, AT_ONCE)):
        numbers = _numbers(some)
        for person in some:
            number = numbers.get(person.pk, "")
            yield [
                *(str(getattr(person, name) or "") for name in model.SEARCHED),
                number if whole else number and f"…{ending(number)}",
                str(OUTCOMES[NextLogin(person.will)]),
                gettext("Yes") if person.active else gettext("No"),
            ]


def _numbers(people: list[Any]) -> dict[int, str]:
    held = Factor.objects.not_revoked().filter(user__in=people, kind=Method.PHONE)
    return dict(held.order_by("confirmed_at").values_list("user_id", "target"))
