"""What a request of a login reads only once."""

import sys
from collections import Counter
from types import CodeType, FrameType

from django.http import HttpResponse

from accounts.models import User
from mfa import client
from mfa.login import facts
from mfa.sessions import devices
from tests.portal_client import Browser, code

READERS: dict[CodeType, str] = {
    facts.gather.__code__: "facts",
    client._read.__code__: "client",
    devices.count_of.__code__: "device",
}


class Reader(Browser):
    """Counts in each request what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[str, Counter[str]]] = []

    def request(self, **request: object) -> HttpResponse:
        read: Counter[str] = Counter()
        self.log.append((f"{request['REQUEST_METHOD']} {request['PATH_INFO']}", read))

        def note(frame: FrameType, event: str, _argument: object) -> None:
            if event == "call" and frame.f_code in READERS:
                read[READERS[frame.f_code]] += 1

        sys.setprofile(note)
        try:
            return super().request(**request)
        finally:
            sys.setprofile(None)


def test_facts_client_and_device_are_read_once_a_request(db: None, alice: User) -> None:
    browser = Reader()
    browser.password(alice)
    browser.get("/login/verify/")
    browser.post("/login/verify/", {"code": "123456"})
    browser.post("/login/verify/", {"code": code(alice.factors.get().target)})
    assert browser.signed_in
    once = Counter({"facts": 1, "client": 1, "device": 1})
    assert [each for each in browser.log if each[1] != once] == []


def test_facts_client_and_device_are_read_once_in_enrollment(db: None, bob: User) -> None:
    browser = Reader()
    number = "+447700900299"
    browser.password(bob)
    browser.get("/login/enroll/phone/")
    browser.post("/login/enroll/phone/", {"phone": number})
    browser.post("/login/enroll/verify/", {"code": code(number)})
    assert bob.factors.exists()
    once = Counter({"facts": 1, "client": 1, "device": 1})
    assert [each for each in browser.log if each[1] != once] == []
