"""Security > Limits: every limit with its reason, what is used today, and the brakes to lift."""

from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _, ngettext
from django.views.decorators.http import require_POST

from mfa import brakes, budget, counters, countries, limits, origin as origins
from mfa.admin.records import ReadOnly
from mfa.answers import MOST_WRONG_ANSWERS
from mfa.conversion import ACCOUNT, COUNTRY, NETWORK, Conversion
from mfa.guards import fresh, person
from mfa.limits import DAY, HOUR, MINUTE, Limit
from mfa.models import TRIES, AccountPolicy, Brake
from mfa.rules.contacts import EVERYWHERE
from mfa.waits import WRONG_CODES, WRONG_CODES_OF_STRANGERS, WRONG_PASSWORDS, Backoff

PAGE = "admin:mfa_brake_changelist"
LIFT = "mfa.change_brake"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table: what is limited, to what, and why."""

    what: Promise | str
    most: str
    why: Promise | str


@dataclass(frozen=True, slots=True)
class Share:
    """How much is used of what all people share."""

    what: str
    used: int
    most: int


class LiftForm(forms.Form):
    """The numbers, or the country, to which texts may go again."""

    scope = forms.CharField()


@admin.register(Brake)
class LimitsAdmin(ReadOnly):
    """One page instead of a list."""

    fields = ("scope", "started_at", "until", "lifted_at", "lifted_by")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Show the table, today's use and the brakes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        policy = AccountPolicy.load()
        context = {
            **admin.site.each_context(request),
            "title": gettext("Limits"),
            "figures": [*_limits(policy), *_other_figures()],
            "shares": _shares(policy),
            "brakes": [(brake, _named(brake)) for brake in Brake.objects.running(timezone.now())],
            "may_lift": person(request).has_perm(LIFT),
        }
        return TemplateResponse(request, "admin/mfa/limits.html", context)

    def get_urls(self) -> list[URLPattern]:
        """Add the button."""
        lift = path("lift/", self.admin_site.admin_view(lift_brake), name="mfa_brake_lift")
        return [lift, *super().get_urls()]


@require_POST
@fresh(back=PAGE)
def lift_brake(request: HttpRequest) -> HttpResponse:
    """Let texts go again to numbers that are held."""
    administrator = person(request)
    if not administrator.has_perm(LIFT):
        raise PermissionDenied
    form = LiftForm(request.POST)
    if not form.is_valid():
        raise Http404
    brake = get_object_or_404(Brake, pk=form.cleaned_data["scope"])
    brakes.lift(brake, administrator, origin=origins.of(request))
    return redirect(PAGE)


def _limits(policy: AccountPolicy) -> list[Figure]:
    own = {use.limit.name: use.limit for use in budget.pots(policy)}
    windows: dict[str, list[Limit]] = {}
    for limit in limits.TABLE:
        windows.setdefault(limit.name, []).append(own.get(limit.name, limit))
    return [
        Figure(same[0].what, ", ".join(map(_most, same)), same[0].why) for same in windows.values()
    ]


def _most(limit: Limit) -> str:
    return gettext("%(most)d in %(time)s") % {"most": limit.most, "time": _time(limit.per)}


def _time(length: timedelta) -> str:
    for unit, one, many in (
        (DAY, "%d day", "%d days"),
        (HOUR, "%d hour", "%d hours"),
        (MINUTE, "%d minute", "%d minutes"),
    ):
        if length >= unit:
            return ngettext(one, many, length // unit) % (length // unit)
    seconds = round(length.total_seconds())
    return ngettext("%d second", "%d seconds", seconds) % seconds


def _other_figures() -> list[Figure]:
    return [
        Figure(
            _("Confirmed share of the texts to new numbers that one account asks for"),
            _share(ACCOUNT),
            _("Below it the account gets no texts to new numbers for 12 hours."),
        ),
        Figure(
            _("Confirmed share of the texts to new numbers that one network (/24, /64) asks for"),
            _share(NETWORK),
            _("Below it the network gets no texts to new numbers for 12 hours."),
        ),
        Figure(
            _("Confirmed share of the texts to new numbers in one country"),
            _share(COUNTRY),
            _(
                "Below it only confirmed numbers of that country get texts, for a day. A few "
                "accounts cannot close a country: the unconfirmed texts must come from at least "
                "10 accounts in 5 networks and go to 5 blocks of a thousand numbers."
            ),
        ),
        Figure(
            _("People with the same number"),
            str(limits.PEOPLE_PER_NUMBER),
            _("A family may share a phone. Nobody is told; you are, by mail."),
        ),
        Figure(
            _("Tries of one code"),
            str(TRIES),
            _("Six digits are safe as long as few of them can be tried."),
        ),
        Figure(
            _("Wrong codes for one person, from all devices that are not recognized"),
            _waits(WRONG_CODES_OF_STRANGERS),
            _("Of ten wrong codes, five are kept for recognized devices."),
        ),
        Figure(
            _("Wrong codes in a row from one recognized device"),
            _waits(WRONG_CODES),
            _("Delays instead of locks, so an attacker cannot lock the owner out."),
        ),
        Figure(
            _("Wrong codes for one factor"),
            str(MOST_WRONG_ANSWERS),
            _(
                "Then it is disabled. The count falls after a day without a wrong code, or when "
                "the owner confirms the mailed warning."
            ),
        ),
        Figure(
            _("Wrong passwords in a row for one person, known browsers apart"),
            _waits(WRONG_PASSWORDS),
            _("A stranger must not be able to keep anybody out for long."),
        ),
    ]


def _share(conversion: Conversion) -> str:
    return gettext("%(share)d %% of %(texts)d or more in %(time)s") % {
        "share": round(conversion.least_share * 100),
        "texts": conversion.from_texts,
        "time": _time(conversion.window),
    }


def _waits(backoff: Backoff) -> str:
    return gettext("from the %(nth)dth on a wait of %(first)s, doubling to %(longest)s") % {
        "nth": backoff.free + 1,
        "first": _time(backoff.first),
        "longest": _time(backoff.longest),
    }


def _shares(policy: AccountPolicy) -> list[Share]:
    """List the site's pots, and each country that had a text to a new number abroad."""
    pots = budget.pots(policy)
    abroad = {limits.NEW_PER_COUNTRY.of(region): region for region in sorted(EVERYWHERE)}
    used = counters.used([*pots, *abroad])
    return [
        *(Share(str(use.limit.what), used[use], use.limit.most) for use in pots),
        *(
            Share(countries.name_of(region), used[use], use.limit.most)
            for use, region in abroad.items()
            if used[use]
        ),
    ]


def _named(brake: Brake) -> str:
    if brake.asker:
        return brake.asker
    return countries.name_of(brake.scope) if brake.is_country else f"{brake.scope}…"
