"""S17: no URL, id, query or form of the admin causes a 500."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from tests.architecture.addresses import ADMIN, PARAMETER
from tests.journeys.test_odd_input import FIELD, ODD, post
from tests.portal_client import Browser

USERS = "/admin/accounts/user/"
GROUPS = "/admin/auth/group/"
# The admin writes odd characters of ids as an underscore and two hex digits: _00 is a NUL.
IDS = ("abc", "-1", "9" * 30, "a_00b", "_FF", "a" * 300, "%F0%9F%98%80")
QUERIES = (
    *("p=abc", "p=1.5", "p=-1", "p=", "o=abc", "o=1;2", "o=9999999999", "o=1." * 500, "all=%00"),
    *("all=abc", "q=%FF", "q=" + "a+" * 5000, "q=" + "a" * 5000, "q=%00", "_facets=["),
    *("email__regex=[", "is_active__exact=[", "groups__id__exact=" + "9" * 30, "%FF=1", "=", "&&&"),
    *("_popup=abc", "_to_field=%FF", "_changelist_filters=%FF", "e=1", "id__in=abc"),
)
WITH_ID = [address for address in ADMIN if PARAMETER.search(address.route)]


def test_every_page_of_a_row_is_walked() -> None:
    assert len(WITH_ID) >= 30


def test_ids_cause_no_error(ruling: Browser) -> None:
    """The test client raises what would be a 500."""
    paths = ["/" + PARAMETER.sub(each, address.route) for address in WITH_ID for each in IDS]
    seen = {path: ruling.get(path).status_code for path in paths}
    sent = {path: ruling.post(path, {"post": "yes"}).status_code for path in paths}
    honest = {200, 302, 400, 403, 404, 405}
    assert {path: status for path, status in seen.items() if status not in honest} == {}
    assert {path: status for path, status in sent.items() if status not in honest} == {}


def test_queries_cause_no_error(ruling: Browser) -> None:
    form = {"action": "send_link", "_selected_action": "1", "post": "yes"}
    pages = (USERS, GROUPS, "/admin/mfa/delivery/", "/admin/mfa/auditevent/")
    paths = [f"{page}?{query}" for page in pages for query in QUERIES]
    seen = {path: ruling.get(path).status_code for path in paths}
    sent = {path: ruling.post(path, form).status_code for path in paths}
    assert {path: status for path, status in seen.items() if status not in {200, 400}} == {}
    honest = {200, 302, 400, 403}
    assert {path: status for path, status in sent.items() if status not in honest} == {}


@pytest.mark.parametrize(
    ("page", "action"),
    [
        (USERS, "send_link"),
        (USERS, "require_new_password"),
        (USERS, "end_sessions"),
        (GROUPS, "delete_selected"),
    ],
)
def test_selected_ids_cause_no_error(ruling: Browser, page: str, action: str) -> None:
    groups, people = Group.objects.count(), User.objects.count()
    for chosen in ("abc", "1,2", "9" * 30, "-1", "a\x00b", "1\x00", "", "1.5"):
        form = {"action": action, "_selected_action": chosen, "post": "yes"}
        assert post(ruling, page, form) in {302, 400}
    assert (Group.objects.count(), User.objects.count()) == (groups, people)


def test_list_forms_cause_no_error(ruling: Browser) -> None:
    chosen = {"action": "send_link", "_selected_action": "1", "post": "yes"}
    forms = [
        {"action": "no_such", "_selected_action": "1"},
        {"action": "a\x00b", "_selected_action": "1"},
        *({**chosen, "index": odd} for odd in ("abc", "9" * 5000, "-99", "\x00")),
        {**chosen, "select_across": "abc"},
        {"action": "send_link", "index": "0"},
        {"_save": "1", "form-TOTAL_FORMS": "abc"},
        {"index": "0"},
        {},
    ]
    statuses = {str(form)[:80]: ruling.post(USERS, form).status_code for form in forms}
    assert {form: each for form, each in statuses.items() if each not in {200, 302, 400}} == {}


@pytest.mark.parametrize("page", ["user/add", "user", "group/add", "group", "policy"])
def test_form_values_cause_no_error(ruling: Browser, alice: User, page: str) -> None:
    group = Group.objects.get(name="Support").pk
    path = {
        "user/add": f"{USERS}add/",
        "user": f"{USERS}{alice.pk}/change/",
        "group/add": f"{GROUPS}add/",
        "group": f"{GROUPS}{group}/change/",
        "policy": "/admin/mfa/accountpolicy/1/change/",
    }[page]
    html = ruling.get(path).content.decode()
    fields = {*FIELD.findall(html), "_popup", "_to_field"} - {"csrfmiddlewaretoken"}
    statuses = {odd: post(ruling, path, dict.fromkeys(fields, ODD[odd])) for odd in ODD}
    assert {odd: status for odd, status in statuses.items() if status >= 500} == {}


def test_nul_in_text_key_redirects_with_message(ruling: Browser) -> None:
    """PostgreSQL refuses queries with one."""
    answer = ruling.get("/admin/mfa/sendblock/_00/change/", follow=True)
    assert "Perhaps it was deleted" in answer.text
