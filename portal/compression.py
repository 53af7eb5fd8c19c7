"""Compression of pages, except where their length could reveal a secret (BREACH).

An attacker who sees the length of compressed answers, and makes a browser load pages that repeat
the attacker's text, can learn other text of the page. Therefore answers to requests from other
sites are not compressed, nor those with `no-transform`, which views that show a secret set. Pages
with a secret URL can repeat it, so they are not compressed either. CSRF tokens differ in each
answer, and Django adds up to 100 random bytes.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from portal.logs import HIDDEN_PATHS

# Values of the Fetch Metadata header, which all browsers have sent since 2023
FROM_ELSEWHERE = {"cross-site", "same-site"}


class Compression(GZipMiddleware):
    """Compresses answers to requests from the portal's own pages and from the person."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Skip answers that an attacker could measure, otherwise compress as Django does."""
        foreign = request.headers.get("Sec-Fetch-Site") in FROM_ELSEWHERE
        forbidden = "no-transform" in response.headers.get("Cache-Control", "")
        if foreign or forbidden or request.path.startswith(HIDDEN_PATHS):
            return response
        return super().process_response(request, response)
