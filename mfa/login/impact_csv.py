"""The people that a change affects, as a CSV file."""

import csv
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib.admin.utils import label_for_field
from django.contrib.auth import get_user_model
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext

from mfa.login.impact import Impact
from mfa.login.policy_words import OUTCOMES
from mfa.models import Factor
from mfa.rules.cells import safe
from mfa.rules.masking import ending
from mfa.rules.methods import Method
from mfa.rules.outcomes import NextLogin

# People whose numbers are read at once
AT_ONCE = 500


class Echo:
    """A file for csv.writer that returns what it is given."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def csv_of(impact: Impact, *, whole_numbers: bool) -> HttpResponse:
    """Return the file, row by row. Numbers are masked except for administrators."""
    write = csv.writer(Echo()).writerow
    rows = (write([safe(cell) for cell in row]) for row in _rows(impact, whole=whole_numbers))
    response = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="affected-people.csv"'
    # The stubs know no common class.
    return response  # type: ignore[return-value]


def _rows(impact: Impact, *, whole: bool) -> Iterator[list[str]]:
    model = get_user_model()
    columns = [str(label_for_field(name, model)) for name in model.SEARCHED]
    titles = gettext("phone number"), gettext("at the next login"), gettext("logged in now")
    yield [capfirst(title) for title in (*columns, *titles)]
    people = impact.people()
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
