"""Error reports: where it broke, and nothing of what people typed or operators set."""

from collections.abc import ItemsView, Iterable
from types import FrameType

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from portal.logs import redact


class ReportFilter(SafeExceptionReporterFilter):
    """Hides every variable, posted value and cookie, and leaves the settings out (OT-08, DT-04).

    A list of names to hide would have to know the frames of Django and of all libraries: codes,
    numbers and passwords pass through them, and settings hold URLs with passwords inside.
    """

    def get_safe_settings(self) -> dict[str, object]:
        """Return none."""
        return {}

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, object]:
        """Return their names: a cookie is a session."""
        return self._hidden(getattr(request, "COOKIES", ()))

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, object]:
        """Return their names."""
        return self._hidden(request.POST if request else ())

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, object]:
        """Return their names; while debugging, the values too."""
        if self.is_active(request):
            return self._hidden(tb_frame.f_locals).items()
        return super().get_traceback_frame_variables(request, tb_frame)

    def _hidden(self, names: Iterable[str]) -> dict[str, object]:
        return dict.fromkeys(names, self.cleansed_substitute)


class Reporter(ExceptionReporter):
    """Writes the report without tokens: the request's address and headers may hold one (LO-02)."""

    def get_traceback_html(self) -> SafeString:
        """Return the report as a page."""
        return mark_safe(redact(super().get_traceback_html()))  # noqa: S308 escaped before

    def get_traceback_text(self) -> SafeString:
        """Return the report as text."""
        return mark_safe(redact(super().get_traceback_text()))  # noqa: S308 plain text
