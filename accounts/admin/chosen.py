"""Actions of staff on the selected people of the list."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import User
from accounts.people import passwords, resets
from mfa.admin.base import jobs
from mfa.admin.base.page import PortalAdmin
from mfa.client import client_of
from mfa.limits.counters import TooMany
from mfa.login.guards import person
from mfa.sessions import revoke

LIST = "admin:accounts_user_changelist"
CONFIRM = "admin/accounts/user/confirm.html"
# The page that asks names so many people.
NAMED = 10


class ChosenPeople(PortalAdmin[User]):
    """The actions of the list of people. Each asks first: one press could reach everyone."""

    actions = ("send_link", "require_new_password", "end_sessions")
    queued_actions = frozenset(actions)

    @admin.action(description=_("Send a link to set the password"), permissions=["change"])
    def send_link(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse:
        """Email a link to each. It is valid for 24 hours and asks for the second step."""
        return self._with_each(request, people, mail_link, "send_link")

    @admin.action(description=_("Require a new password"), permissions=["change"])
    def require_new_password(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse:
        """End all sessions of each, and require a new password after the next login (PW-06)."""
        return self._with_each(request, people, _expire, "require_new_password")

    @admin.action(description=_("Log the selected people out everywhere"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse:
        """End the sessions of each, including pending logins (SS-07)."""
        return self._with_each(request, people, _end_sessions, "end_sessions")

    def _with_each(
        self,
        request: HttpRequest,
        people: QuerySet[User],
        act: Callable[[HttpRequest, User], None],
        action: str,
    ) -> HttpResponse:
        number = people.count()
        many = number > jobs.MOST_AT_ONCE
        if not many and not all(self.has_change_permission(request, one) for one in people):
            raise PermissionDenied
        if request.POST.get("post") != "yes":
            return self._ask(request, people, action, number)
        if many:
            return self._start_job(request, people, action)
        for one in people:
            act(request, one)
        return redirect(LIST)

    def _ask(
        self, request: HttpRequest, people: QuerySet[User], action: str, number: int
    ) -> HttpResponse:
        """Show what will happen to which people."""
        context = {
            **self.admin_site.each_context(request),
            "title": jobs.ACTIONS[action].words,
            "action": action,
            "number": number,
            "named": people[:NAMED],
            "others": max(0, number - NAMED),
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "across": request.POST.get("select_across", "0"),
            "opts": self.opts,
        }
        return TemplateResponse(request, CONFIRM, context)

    def _start_job(self, request: HttpRequest, people: QuerySet[User], action: str) -> HttpResponse:
        """Start a job for many people, and redirect to the page with its progress."""
        keys = list(people.order_by("pk").values_list("pk", flat=True))
        job = jobs.start(action, keys, by=person(request), client=client_of(request))
        if job is None:
            messages.error(request, self.too_many())
            return redirect(LIST)
        messages.success(
            request, gettext("The job has started. Reload the page to see its progress.")
        )
        return redirect("admin:mfa_job_change", job.pk)


def _end_sessions(request: HttpRequest, one: User) -> None:
    end_all(request, one)
    messages.success(request, gettext("Logged out everywhere: %s.") % one)


def end_all(request: HttpRequest, one: User) -> None:
    """End all sessions of a person, including the acting one."""
    revoke.end_all(one, by=person(request), client=client_of(request))
    if one == request.user:
        # The acting session has ended too, so further data needs a new one.
        request.session.flush()


def mail_link(request: HttpRequest, person: User) -> None:
    """Email a link to set the password, and show the result."""
    words = {"email": person.email}
    try:
        sent = resets.send(person, client=client_of(request), by=request.user.pk or 0)
    except TooMany:
        messages.error(
            request,
            gettext("%(email)s already got several links in the last hour. Try again later.")
            % words,
        )
        return
    if sent:
        messages.success(request, gettext("A link is on its way to %(email)s.") % words)
    else:
        refusal = (
            gettext(
                "No link was sent to %(email)s. The account is disabled, or no mail server is set."
            )
            % words
        )
        messages.error(request, refusal)


def _expire(request: HttpRequest, person: User) -> None:
    passwords.expire(person, client=client_of(request), by=request.user.pk or 0)
    words = gettext("%(email)s was logged out and must choose a new password at the next login.")
    messages.success(request, words % {"email": person.email})
