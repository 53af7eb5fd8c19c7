"""Twilio's side of an account: its values, what it can send, and its answers.

Based on Twilio's public OpenAPI documents (api v2010, messaging v1).
"""

import re
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.twilio_endpoint.answers import Page, record, refusal

# Parameters of a create request for a code. Any other is a mistake of ours.
PARAMETERS = {
    "To",
    "From",
    "MessagingServiceSid",
    "Body",
    "StatusCallback",
    "ValidityPeriod",
    "Attempt",
    "SmartEncoded",
    "ProvideFeedback",
    "ContentRetention",
    "AddressRetention",
    "RiskCheck",
    "MessageIntent",
}
LONGEST_BODY = 1600
LONGEST_LIFE = 36_000


@dataclass
class Account:
    """One account. Change its fields to get another."""

    sid: str = "AC" + "0" * 32
    token: str = "token" * 6 + "ab12"
    keys: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, bool] = field(default_factory=lambda: {"+15005550006": True})
    services: set[str] = field(default_factory=lambda: {"MG" + "0" * 32})
    confirmed: set[str] = field(default_factory=set)
    status: str = "active"
    kind: str = "Full"
    balance: str | None = "12.34"
    test_credentials: bool = False
    redacts: bool = True
    first_status: str = "queued"
    mistakes: list[str] = field(default_factory=list)
    awaited: set[str] = field(default_factory=set)
    confirmed_messages: list[str] = field(default_factory=list)

    def user(self, authorization: str | None) -> str:
        """Return who logs in with this header: the account by its token, a standard key, or ""."""
        logins = {self.sid: self.token, **self.keys}
        named = {_basic(user, password): user for user, password in logins.items()}
        return named.get(authorization or "", "")

    def get(self, path: str, query: Mapping[str, str], *, user: str) -> Page:
        """Answer a GET."""
        home = f"/2010-04-01/Accounts/{self.sid}"
        if self.test_credentials:
            return refusal(20008)
        if path == f"{home}.json" and user in self.keys:
            return refusal(20003)
        if path == f"{home}.json":
            return record(
                {
                    "sid": self.sid,
                    "auth_token": self.token,
                    "friendly_name": "A portal",
                    "status": self.status,
                    "type": self.kind,
                }
            )
        if path == f"{home}/Balance.json" and self.balance is not None:
            fields = {"account_sid": self.sid, "balance": self.balance, "currency": "USD"}
            return record(fields)
        if path == f"{home}/IncomingPhoneNumbers.json":
            return self._numbers(query.get("PhoneNumber", ""))
        if path.removeprefix("/v1/Services/") in self.services:
            return record({"sid": path.rpartition("/")[2], "account_sid": self.sid})
        return refusal(20404)

    def post(self, path: str, form: Mapping[str, str]) -> Page:
        """Answer a POST: a create request, or the feedback on its message."""
        messages = f"/2010-04-01/Accounts/{self.sid}/Messages"
        if feedback := re.fullmatch(rf"{messages}/(SM\w+)/Feedback\.json", path):
            return self._feedback(feedback[1], form)
        if path != f"{messages}.json":
            return refusal(20404)
        self.mistakes += [f"unknown {name}" for name in sorted(form.keys() - PARAMETERS)]
        self.mistakes += _malformed(form)
        code = self._fault(form)
        if code:
            return refusal(code)
        service = form.get("MessagingServiceSid")
        fields = {
            "sid": "SM" + secrets.token_hex(16),
            "account_sid": self.sid,
            "messaging_service_sid": service,
            "to": form["To"],
            "from": form.get("From"),
            "body": form["Body"],
            "status": "accepted" if service else self.first_status,
            "num_segments": "0" if service else "1",
            "error_code": None,
            "error_message": None,
            "date_created": "Mon, 02 Mar 2026 12:00:00 +0000",
            "direction": "outbound-api",
        }
        if form.get("ProvideFeedback") == "true":
            self.awaited.add(fields["sid"])
        return record(fields, 201, takes=True)

    def _feedback(self, message: str, form: Mapping[str, str]) -> Page:
        if message not in self.awaited or form != {"Outcome": "confirmed"}:
            self.mistakes.append(f"feedback on {message}: {form}")
            return refusal(20404)
        self.confirmed_messages.append(message)
        date = "Mon, 02 Mar 2026 12:01:00 +0000"
        fields = {"account_sid": self.sid, "message_sid": message, "outcome": "confirmed"}
        return record({**fields, "date_created": date, "date_updated": date}, 201)

    def _fault(self, form: Mapping[str, str]) -> int:
        to, sender = form.get("To", ""), form.get("From", "")
        service = form.get("MessagingServiceSid", "")
        faults = {
            20005: self.status != "active",
            21602: not form.get("Body"),
            21603: not (sender or service),
            21604: not to,
            21211: not (to.startswith("+") and to[1:].isdecimal() and len(to) > 7),
            21617: len(form.get("Body", "")) > LONGEST_BODY,
            21606: bool(sender) and not self.numbers.get(sender),
            21701: bool(service) and service not in self.services,
            30029: "ContentRetention" in form and not self.redacts,
            30030: "AddressRetention" in form and not self.redacts,
            21608: self.kind == "Trial" and to not in self.confirmed,
        }
        return next((code for code, found in faults.items() if found), 0)

    def _numbers(self, wanted: str) -> Page:
        found = [
            {
                "sid": "PN" + "0" * 32,
                "phone_number": number,
                "capabilities": {"sms": texts, "voice": True, "mms": False, "fax": False},
            }
            for number, texts in self.numbers.items()
            if wanted in number
        ]
        return record({"incoming_phone_numbers": found, "page": 0, "next_page_uri": None})


def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def _malformed(form: Mapping[str, str]) -> list[str]:
    rules = {
        "ValidityPeriod": lambda text: text.isdecimal() and 1 <= int(text) <= LONGEST_LIFE,
        "Attempt": lambda text: text.isdecimal() and int(text) > 0,
        "SmartEncoded": lambda text: text in {"true", "false"},
        "ProvideFeedback": lambda text: text in {"true", "false"},
        "ContentRetention": lambda text: text in {"retain", "discard"},
        "AddressRetention": lambda text: text in {"retain", "obfuscate"},
    }
    return [f"{name}={form[name]}" for name in form.keys() & rules if not rules[name](form[name])]
