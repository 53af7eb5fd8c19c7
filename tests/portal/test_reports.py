"""What an error report may show; the journeys show what it does not."""

import sys

from django.http import HttpRequest
from django.views.debug import ExceptionReporter

from portal.reports import ReportFilter


def report(request: HttpRequest | None = None) -> str:
    try:
        typed = "123456"
        len(typed).no_such_name  # noqa: B018 the fault to report
    except AttributeError:
        return ExceptionReporter(request, *sys.exc_info()).get_traceback_html()


def test_error_report_names_variables_and_hides_values() -> None:
    shown = report()
    assert "typed" in shown
    assert "&#x27;123456&#x27;" not in shown


def test_debug_error_page_shows_everything(settings) -> None:
    settings.DEBUG = True
    assert "&#x27;123456&#x27;" in report()


def test_fault_outside_request_has_no_hidden_values() -> None:
    assert ReportFilter().get_post_parameters(None) == {}


def test_portal_uses_redacting_logger(settings) -> None:
    assert settings.DEFAULT_EXCEPTION_REPORTER_FILTER == "portal.reports.ReportFilter"
