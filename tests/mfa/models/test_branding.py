"""The portal's name and accent color in the policy, and how each process reads them."""

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from mfa.models import SitePolicy, branding
from mfa.models.branding import Brand
from mfa.rules.looks import OWN_ACCENT

OURS = Brand("Acme Portal", OWN_ACCENT)


def refusal(**values: str) -> list[str]:
    site = SitePolicy.load()
    for name, value in values.items():
        setattr(site, name, value)
    with pytest.raises(ValidationError) as refused:
        site.full_clean()
    assert set(refused.value.message_dict) == set(values)
    return [message for found in refused.value.message_dict.values() for message in found]


@pytest.mark.parametrize(
    "name",
    [
        *("", "x" * 31, "Portal 123456", "Ärzte", "a\nb", "<b>Acme</b>", "{{ x }}", "  ", "."),
        *("acme.example", "https://acme.example", "eve@acme.example", "www.acme"),
    ],
)
def test_name_with_markup_or_link_is_refused(db: None, name: str) -> None:
    """S20: it is in every email, and first in every text."""
    assert refusal(portal_name=name)


@pytest.mark.parametrize(
    ("color", "said"),
    [
        ("red", "Enter a color like #1d4ed8."),
        ("#1d4ed", "Enter a color like #1d4ed8."),
        ("#777777", "The contrast in the light theme is 3.8:1. It must be at least 4.5:1."),
        ("#000000", "The contrast in the dark theme is 4.2:1. It must be at least 4.5:1."),
    ],
)
def test_refused_color_says_why(db: None, color: str, said: str) -> None:
    assert said in refusal(accent=color)[0]


def test_new_policy_takes_former_settings(db: None, settings) -> None:
    """An update keeps name and color."""
    settings.MOVED_TO_POLICY = {"PORTAL_NAME": "Old Portal", "PORTAL_ACCENT": "#B3201C"}
    site = SitePolicy.load()
    assert (site.portal_name, site.accent) == ("Old Portal", "#b3201c")


@pytest.mark.parametrize("moved", [{}, {"PORTAL_NAME": "x" * 40, "PORTAL_ACCENT": "#ffffff"}])
def test_new_policy_without_usable_settings_has_defaults(
    db: None, settings, moved: dict[str, str]
) -> None:
    settings.MOVED_TO_POLICY = moved
    site = SitePolicy.load()
    assert (site.portal_name, site.accent) == ("Portal", OWN_ACCENT)


def test_saved_name_is_read_at_once(policy: SitePolicy) -> None:
    assert SitePolicy.brand() == OURS
    policy.portal_name = "Another"
    policy.save()
    assert SitePolicy.brand().name == "Another"


def test_reading_policy_shows_change_of_another_process(policy: SitePolicy) -> None:
    """Every page of a logged-in person reads the policy."""
    SitePolicy.load()
    SitePolicy.objects.update(portal_name="Another")
    assert SitePolicy.brand().name == "Acme Portal"
    SitePolicy.load()
    assert SitePolicy.brand().name == "Another"


def test_change_of_another_process_shows_after_some_seconds(
    policy: SitePolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    SitePolicy.load()
    SitePolicy.objects.update(portal_name="Another", accent="#b3201c")
    now = branding.time.monotonic()
    monkeypatch.setattr(branding.time, "monotonic", lambda: now + branding.REMEMBERED_FOR + 1)
    with CaptureQueriesContext(
        connection,
    ) as statements:
        assert [SitePolicy.brand() for _ in range(3)] == [Brand("Another", "#b3201c")] * 3
    assert len(statements) == 1


def test_name_stays_while_database_is_down(
    policy: SitePolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("the connection is closed")

    SitePolicy.load()
    with connection.execute_wrapper(away):
        assert SitePolicy.brand(newest=True) == OURS
        branding.store(None)
        assert SitePolicy.brand() == OURS


def test_reading_name_creates_no_row(db: None) -> None:
    branding.store(None)
    assert SitePolicy.brand() == OURS
    assert not SitePolicy.objects.exists()
