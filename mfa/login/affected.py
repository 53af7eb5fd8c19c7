"""What the pages of affected people share: the unsaved values of a form, sent on as they came."""

from django.http import HttpRequest

from mfa.login.typed import is_secret

# What says which page or file is wanted, and is no value of the form
ASKED = {"csrfmiddlewaretoken", "after", "format", "confirmed"}


# The digits of an id. Databases refuse larger ones.
MOST_DIGITS = 18


def sent_again(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the names and values of the form, for hidden inputs. Never secrets."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in ASKED and not name.startswith("_") and not is_secret(name)
    ]


def number_of(text: str | None) -> int:
    """Return the id that a page starts above, 0 for the first page."""
    known = text and text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text or 0) if known else 0
