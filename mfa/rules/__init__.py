"""The decisions as pure functions, without Django, clock or database."""
