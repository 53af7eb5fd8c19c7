"""What the URL of an admin list can contain: only what its page offers (S01).

A filter by another field, through a relation or with another suffix would test a hidden value, and
so reveal it character by character.
"""

import re
from collections.abc import Iterator
from typing import TypeVar

from django.contrib.admin import FieldListFilter, ListFilter, ModelAdmin, ShowFacets
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IS_FACETS_VAR, IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ALL_VAR, ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import BadRequest, ValidationError
from django.db import models
from django.http import HttpRequest

from mfa.admin.base.uncounted import LAST_PAGE

ORDER = re.compile(r"-?[0-9]{1,3}(\.-?[0-9]{1,3})*")
# Nine digits fit every column and counter.
PAGE = re.compile(r"[1-9][0-9]{0,8}")
# Longer than any email. Each word of a search adds a condition per column.
LONGEST_SEARCH = 254
DATES = ("year", "month", "day")
M = TypeVar("M", bound=models.Model)


def demand_offered(page: ModelAdmin[M], request: HttpRequest) -> None:
    """Raise an error for status 400 if the URL contains what the page does not offer."""
    unknown = request.GET.keys() - _controls(page, request)
    if unknown and (unknown := unknown - offered_lookups(page, request)):
        # Only the name, because the value may be a guess of a secret.
        message = f"Filtering by {min(unknown)[:100]} not allowed"
        raise DisallowedModelAdminLookup(message)
    once = all(len(values) == 1 for _name, values in request.GET.lists())
    number = request.GET.get(PAGE_VAR, "1")
    reached = PAGE.fullmatch(number) and int(number) <= LAST_PAGE
    short = len(request.GET.get(SEARCH_VAR, "")) <= LONGEST_SEARCH
    if not (once and short and reached and _is_order(page, request)):
        raise BadRequest


def demand_keys(page: ModelAdmin[M], keys: list[str]) -> None:
    """Raise an error for status 400 if a selected row's key is invalid."""
    try:
        for key in keys:
            page.opts.pk.clean(key, None)
    except ValidationError as error:
        raise BadRequest from error
    if any("\0" in key for key in keys):
        raise BadRequest


def offered_lookups(page: ModelAdmin[M], request: HttpRequest) -> set[str]:
    """Return the lookups of the page's filters and its date hierarchy."""
    names = {name for spec in _filters(page, request) for name in spec.expected_parameters()}
    if page.date_hierarchy:
        names |= {f"{page.date_hierarchy}__{part}" for part in DATES}
    return {name for name in names if name}


def _controls(page: ModelAdmin[M], request: HttpRequest) -> set[str]:
    controls = {PAGE_VAR, ORDER_VAR, ALL_VAR, IS_POPUP_VAR, TO_FIELD_VAR}
    if page.get_search_fields(request):
        controls.add(SEARCH_VAR)
    if page.show_facets is not ShowFacets.NEVER:
        controls.add(IS_FACETS_VAR)
    return controls


def _filters(page: ModelAdmin[M], request: HttpRequest) -> Iterator[ListFilter]:
    for wanted in page.get_list_filter(request):
        if isinstance(wanted, type):
            yield wanted(request, {}, page.model, page)
            continue
        path, make = wanted if isinstance(wanted, tuple) else (wanted, FieldListFilter.create)
        field = get_fields_from_path(page.model, str(path))[-1]
        yield make(field, request, {}, page.model, page, field_path=str(path))


def _is_order(page: ModelAdmin[M], request: HttpRequest) -> bool:
    """Whether the order names sortable columns, each at most once."""
    order = request.GET.get(ORDER_VAR, "")
    if not ORDER.fullmatch(order):
        # Removing the last column leaves an empty order.
        return not order
    boxes = ["action_checkbox"] if page.get_actions(request) else []
    columns = [*boxes, *page.get_list_display(request)]
    sortable = page.get_sortable_by(request)
    numbers = [abs(int(number)) for number in order.split(".")]
    unique = len(numbers) == len(set(numbers))
    return unique and all(n < len(columns) and columns[n] in sortable for n in numbers)
