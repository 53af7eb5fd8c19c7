"""Presets: named values that fill the form of a policy. They are data; nothing else knows them.

Each offers passkeys (WA-01). None requires them: the date must be one that the people know.
"""

from types import MappingProxyType

PRESETS: MappingProxyType[str, dict[str, object]] = MappingProxyType(
    {
        "provider": {
            "enforcement": "required",
            "after_enrollment": "login_again",
            "email_codes": "login",
            "on_reenable": "keep",
        },
        "patient": {
            "login_with": "username",
            "says_otp": True,
            "enforcement": "required",
            "after_enrollment": "continue",
            "number_change": "save_then_verify",
            "email_codes": "off",
            "on_reenable": "keep",
        },
        "organization": {
            "enforcement": "required",
            "after_enrollment": "finish",
            "email_codes": "login",
            "on_reenable": "enroll_again",
        },
        "partner": {
            "enforcement": "required",
            # None ticked: all but email, so any one of the others is enough (E07)
            "methods": [],
            "after_enrollment": "continue",
            "on_reenable": "keep",
        },
    }
)
