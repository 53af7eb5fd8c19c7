"""Error reports with the place of the error, and without typed data and settings."""

from collections.abc import ItemsView, Iterable
from types import FrameType

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from portal.logs import redact


class ReportFilter(SafeExceptionReporterFilter):
    """Hides all variables, posted values and cookies, and omits the settings (OT-08, DT-04).

    A list of names to hide would have to cover the frames of Django and all libraries, through
    which codes, numbers and passwords pass. Settings hold URLs with passwords.
    """

    def get_safe_settings(self) -> dict[str, object]:
        """Return no settings."""
        return {}

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, object]:
        """Return only the names, because a cookie gives access to a session."""
        return self._hidden(getattr(request, "COOKIES", ()))

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, object]:
        """Return only the names."""
        return self._hidden(request.POST if request else ())

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, object]:
        """Return only the names. With DEBUG, return the values too."""
        if self.is_active(request):
            return self._hidden(tb_frame.f_locals).items()
        return super().get_traceback_frame_variables(request, tb_frame)

    def _hidden(self, names: Iterable[str]) -> dict[str, object]:
        return dict.fromkeys(names, self.cleansed_substitute)


class Reporter(ExceptionReporter):
    """Writes reports without tokens, which the request's URL and headers can contain (LO-02)."""

    def get_traceback_html(self) -> SafeString:
        """Return the report as a page."""
        return mark_safe(redact(super().get_traceback_html()))  # noqa: S308 escaped before

    def get_traceback_text(self) -> SafeString:
        """Return the report as text."""
        return mark_safe(redact(super().get_traceback_text()))  # noqa: S308 plain text
