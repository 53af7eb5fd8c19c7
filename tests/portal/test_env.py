"""Formats of settings: each is read as intended, or refused without showing its value."""

import os
import re
import subprocess
import sys
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.http import QueryDict
from twilio.request_validator import RequestValidator

from mfa.channels.twilio import receipts

ROOT = Path(settings.BASE_DIR)
KEY = "Tm90IGEgc2VjcmV0LCBqdXN0IDMyIGJ5dGVzIGxvbmc="
LONG = "tOZ3lXw7p0aQ9cR5kV1mB8nH2yE6uJ4sD-fGxIzLqWvPoNrTbYeUhM"
BASE = f"SECRET_KEY={LONG}\nENCRYPTION_KEYS={KEY}\n"
# It is part of each refused value, and must not be printed.
MARK = "Hush4711"
DATABASE = f"postgres://portal:{MARK}@127.0.0.1:5432/portal"


class Spelled:
    """A settings file on its own, without this machine's environment."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.file = folder / "env"
        self.monkeypatch = monkeypatch

    def write(self, text: str | bytes) -> None:
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def read(self, text: str | bytes, **environ: str) -> ModuleType:
        self.write(text)
        self.monkeypatch.setattr(os, "environ", {"ENV_FILE": str(self.file), **environ})
        spec = spec_from_file_location("spelled", ROOT / "portal/settings.py")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def refuse(self, text: str | bytes, **environ: str) -> str:
        """Return the reason. The whole traceback must not contain the value."""
        with pytest.raises(ImproperlyConfigured) as refused:
            self.read(text, **environ)
        printed = "".join(traceback.format_exception(refused.value))
        assert MARK not in printed
        return str(refused.value)


@pytest.fixture
def spelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spelled:
    return Spelled(tmp_path, monkeypatch)


ACCEPTED = [
    # An empty value is the default
    ("PORT=", "PORT", 8000),
    ("WEB_CONCURRENCY= ", "WEB_CONCURRENCY", 1),
    ('LOG_LEVEL=""', "LOG_LEVEL", "INFO"),
    ("BASE_URL=", "BASE_URL", "http://127.0.0.1:8000"),
    ("TIME_ZONE= # ours", "TIME_ZONE", "UTC"),
    ("PASSWORD_MIN_LENGTH=", "PASSWORD_MIN_LENGTH", 15),
    ("ALLOWED_HOSTS=", "ALLOWED_HOSTS", ["127.0.0.1", "localhost"]),
    ("TIME_ZONE=", "TIME_ZONE", "UTC"),
    # Spaces, export, comments, quotes
    ("  PORTAL_LOGO = Acme Portal  ", "PORTAL_LOGO", "Acme Portal"),
    ("export PORTAL_LOGO=Acme", "PORTAL_LOGO", "Acme"),
    ("PORTAL_LOGO=Acme # as on the door", "PORTAL_LOGO", "Acme"),
    ("PORTAL_LOGO=Acme#1", "PORTAL_LOGO", "Acme#1"),
    ("PORTAL_LOGO='Acme # 1'", "PORTAL_LOGO", "Acme # 1"),
    ("PORTAL_LOGO='Acme' # quoted", "PORTAL_LOGO", "Acme"),
    ('PORTAL_LOGO="Acme \\"1\\""', "PORTAL_LOGO", 'Acme "1"'),
    ("PORTAL_LOGO=#aa0000", "PORTAL_LOGO", "#aa0000"),
    ("#PORTAL_LOGO=Acme", "PORTAL_LOGO", ""),
    ("  # a note\nPORTAL_LOGO=Acme", "PORTAL_LOGO", "Acme"),
    # A $ means itself
    (
        "METRICS_TOKEN=$tOZ3lXw7p0aQ9cR5kV1mB8nH2yE6",
        "METRICS_TOKEN",
        "$tOZ3lXw7p0aQ9cR5kV1mB8nH2yE6",
    ),
    ("METRICS_TOKEN='$SECRET_KEY'", "METRICS_TOKEN", "$SECRET_KEY"),
    ("METRICS_TOKEN=a${PORT}b\\$c", "METRICS_TOKEN", "a${PORT}b\\$c"),
    # Switches
    ("SMS_REDACT=on # numbers must not stay with the provider", "SMS_REDACT", True),
    ("SMS_REDACT=TRUE", "SMS_REDACT", True),
    ("SMS_REDACT='yes'", "SMS_REDACT", True),
    ("SMS_REDACT=1", "SMS_REDACT", True),
    ("SMS_REDACT=Off", "SMS_REDACT", False),
    ("SMS_REDACT=0", "SMS_REDACT", False),
    # Lists
    ("ALLOWED_HOSTS=a.example, b.example ,", "ALLOWED_HOSTS", ["a.example", "b.example"]),
    (
        "ALLOWED_HOSTS=WWW.Example.com,b\xfccher.example",
        "ALLOWED_HOSTS",
        ["www.example.com", "xn--bcher-kva.example"],
    ),
    (f"SECRET_KEY_FALLBACKS={LONG}1, {LONG}2", "SECRET_KEY_FALLBACKS", [f"{LONG}1", f"{LONG}2"]),
    ("TRUSTED_PROXIES= 10.0.0.5 ,10.0.0.6", "TRUSTED_PROXIES", ["10.0.0.5", "10.0.0.6"]),
    # Words and numbers
    ("LOG_LEVEL=info", "LOG_LEVEL", "INFO"),
    ("LOG_FORMAT=JSON", "LOG_FORMAT", "json"),
    ("LANGUAGE_CODE=EN", "LANGUAGE_CODE", "en"),
    ("WEB_CONCURRENCY=4 # two a core", "WEB_CONCURRENCY", 4),
    # Addresses
    ("PORT=8475", "BASE_URL", "http://127.0.0.1:8475"),
    ("BASE_URL=HTTPS://Portal.Acme.COM/", "BASE_URL", "https://portal.acme.com"),
    ("BASE_URL=https://portal.acme.com:443", "BASE_URL", "https://portal.acme.com"),
    ("BASE_URL=https://b\xfccher.example", "BASE_URL", "https://xn--bcher-kva.example"),
    ("BASE_URL=https://b\xfccher.example", "ALLOWED_HOSTS", ["xn--bcher-kva.example"]),
    ("BASE_URL=https://[2001:DB8:0::1]:8443", "BASE_URL", "https://[2001:db8::1]:8443"),
    ("BASE_URL=https://[2001:db8::1]", "ALLOWED_HOSTS", ["[2001:db8::1]"]),
    # Services
    ("DATABASE_URL=", "DATABASES.NAME", str(ROOT / "db.sqlite3")),
    ("DATABASE_URL=sqlite:///c.sqlite3", "DATABASES.NAME", "c.sqlite3"),
    (f"DATABASE_URL={DATABASE}?conn_max_age=600", "DATABASES.CONN_MAX_AGE", None),
    (f"DATABASE_URL={DATABASE}?sslmode=require", "DATABASES.OPTIONS.sslmode", "require"),
    (f"DATABASE_URL={DATABASE}?connect_timeout=2", "DATABASES.OPTIONS.connect_timeout", 2),
    ("DATABASE_URL=postgres://u:%40%2F%23%24@h/n", "DATABASES.PASSWORD", "@/#$"),
    ("DATABASE_URL=postgres://u:$ecret@h/n", "DATABASES.PASSWORD", "$ecret"),
    ("EMAIL_URL=smtp+ssl://u:p%40ss@mail.example:465", "EMAIL_HOST_PASSWORD", "p@ss"),
    ("REDIS_URL=redis://:p@cache:6379/1 # cache", "REDIS_URL", "redis://:p@cache:6379/1"),
    ("BROKER_URL=amqps://u:p@queue/vhost", "BROKER_URL", "amqps://u:p@queue/vhost"),
    # The sender
    ("DEFAULT_FROM_EMAIL=a@example.com", "DEFAULT_FROM_EMAIL", "a@example.com"),
    (
        "DEFAULT_FROM_EMAIL='\"Acme, Inc.\" <a@example.com>'",
        "DEFAULT_FROM_EMAIL",
        '"Acme, Inc." <a@example.com>',
    ),
]


def value_of(module: ModuleType, path: str) -> object:
    """Return a setting, or what stands in the default database's."""
    name, *keys = path.split(".")
    value = getattr(module, name)
    for key in ["default", *keys] if keys else []:
        value = value.get(key)
    return value


@pytest.mark.parametrize(("line", "name", "value"), ACCEPTED, ids=[row[0] for row in ACCEPTED])
def test_formats_are_read_as_intended(
    spelled: Spelled, line: str, name: str, value: object
) -> None:
    assert value_of(spelled.read(f"{BASE}{line}\n"), name) == value


REFUSED = [
    # Lines
    (f"just {MARK}", "Line 3"),
    (f"SMS REDACT={MARK}", "Line 3"),
    (f"1PORT={MARK}", "Line 3"),
    (f"PORTAL_LOGO: {MARK}", "Line 3"),
    (f"PORTAL_LOGO='{MARK}", "PORTAL_LOGO"),
    (f'PORTAL_LOGO="{MARK}" and more', "PORTAL_LOGO"),
    (f'METRICS_TOKEN="{MARK}\\n"', "METRICS_TOKEN"),
    (f"PORTAL_LOGO={MARK} #1", "PORTAL_LOGO"),
    (f"PORTAL_LOGO=# {MARK}", "PORTAL_LOGO"),
    (f"PORTAL_LOGO={MARK}\nPORTAL_LOGO={MARK}", "PORTAL_LOGO is on lines 3 and 4"),
    (f"PORTAL_LOGO={MARK}\u200bPortal", "PORTAL_LOGO"),
    (f"METRICS_TOKEN={MARK}\0token", "METRICS_TOKEN"),
    # Switches
    (f"SMS_FEEDBACK=enabled {MARK}", "SMS_FEEDBACK"),
    (f"SMS_REDACT=ture{MARK}", "SMS_REDACT"),
    (f"DEBUG=t{MARK}", "DEBUG"),
    (f"DEMO=\u201con\u201d{MARK}", "DEMO"),
    (f"SMS_REDACT=on;{MARK}", "SMS_REDACT"),
    # Numbers and words
    (f"PORT=8000{MARK}", "PORT"),
    ("PORT=0", "PORT"),
    ("PORT=70000", "PORT"),
    ("PORT=8_000", "PORT"),
    ("WEB_CONCURRENCY=two", "WEB_CONCURRENCY"),
    ("WEB_CONCURRENCY=-1", "WEB_CONCURRENCY"),
    ("WEB_CONCURRENCY=\uff12", "WEB_CONCURRENCY"),
    ("PASSWORD_MIN_LENGTH=7", "PASSWORD_MIN_LENGTH"),
    (f"LOG_LEVEL=chatty{MARK}", "LOG_LEVEL"),
    (f"LOG_FORMAT=xml{MARK}", "LOG_FORMAT"),
    (f"LANGUAGE_CODE=tlh{MARK}", "LANGUAGE_CODE"),
    (f"TIME_ZONE=Europe/{MARK}", "TIME_ZONE"),
    # Lists
    (f"SECRET_KEY_FALLBACKS=['{MARK}', '{MARK}']", "SECRET_KEY_FALLBACKS"),
    (f'ENCRYPTION_KEYS="{MARK}","{MARK}"', "ENCRYPTION_KEYS"),
    (f"ALLOWED_HOSTS=a.example {MARK}.example", "ALLOWED_HOSTS"),
    (f"ALLOWED_HOSTS=https://{MARK}.example", "ALLOWED_HOSTS"),
    (f"ALLOWED_HOSTS={MARK}.example:443", "ALLOWED_HOSTS"),
    # Addresses
    (f"BASE_URL={MARK}.example.com", "BASE_URL"),
    (f"BASE_URL=ftp://{MARK}.example.com", "BASE_URL"),
    (f"BASE_URL=https://{MARK}.example.com/portal", "BASE_URL"),
    (f"BASE_URL=https://{MARK}_1.example.com", "BASE_URL"),
    (f"BASE_URL=https://{MARK}.example.com.", "BASE_URL"),
    (f"BASE_URL=https://user:{MARK}@example.com", "BASE_URL"),
    (f"BASE_URL=https://{MARK}.example.com:99999", "BASE_URL"),
    (f"BASE_URL=https://[2001:db8::{MARK}]", "BASE_URL"),
    (f"BASE_URL=https://stra\xdfe{MARK}.example", "BASE_URL"),
    ("BASE_URL=https://127.1", "BASE_URL"),
    (f"SMS_PROXY_URL={MARK}:3128", "SMS_PROXY_URL"),
    (f"SMS_PROXY_URL=socks5://u:{MARK}@proxy:3128", "SMS_PROXY_URL"),
    # Services
    (f"DATABASE_URL=mysql://u:{MARK}@h/n", "DATABASE_URL"),
    (f"DATABASE_URL=postgres://u:{MARK}#1@h/n", "DATABASE_URL"),
    (f"DATABASE_URL=postgres://u:{MARK}/1@h/n", "DATABASE_URL"),
    (f"DATABASE_URL=postgres://u:1/{MARK}@h/n", "DATABASE_URL"),
    (f"DATABASE_URL=postgres://u:12?{MARK}@h/n", "DATABASE_URL"),
    (f"DATABASE_URL=postgres://u:100%{MARK}@h/n", "DATABASE_URL"),
    (f"DATABASE_URL=postgres://u:[{MARK}@h/n", "DATABASE_URL"),
    (f"DATABASE_URL=postgres://u:{MARK}@h", "DATABASE_URL"),
    (f"DATABASE_URL={DATABASE}?pool=true", "DATABASE_URL"),
    (f"DATABASE_URL={DATABASE}?atomic_requests=true", "DATABASE_URL"),
    (f"DATABASE_URL={DATABASE}?sslmoode={MARK}", "DATABASE_URL"),
    (f"DATABASE_URL=sqlite://{MARK}/c.sqlite3", "DATABASE_URL"),
    (f"DATABASE_URL=sqlite:///{MARK}?timeout=3", "DATABASE_URL"),
    (f"DATABASE_URL=host=h password={MARK}", "DATABASE_URL"),
    (f"EMAIL_URL=mail.example:{MARK}", "EMAIL_URL"),
    (f"EMAIL_URL=smtp://u:{MARK}@", "EMAIL_URL"),
    (f"EMAIL_URL=smtp://u:{MARK}@mail.example?email_use_tls=false", "EMAIL_URL"),
    (f"REDIS_URL=redis://:{MARK}@cache/one", "REDIS_URL"),
    (f"REDIS_URL=http://:{MARK}@cache/1", "REDIS_URL"),
    (f"BROKER_URL=kafka://:{MARK}@queue", "BROKER_URL"),
]


@pytest.mark.parametrize(("line", "said"), REFUSED, ids=[row[0] for row in REFUSED])
def test_ambiguous_format_is_refused_without_its_value(
    spelled: Spelled, line: str, said: str
) -> None:
    before = BASE.replace("ENCRYPTION_KEYS=", "#") if line.startswith("ENCRYPTION_KEYS") else BASE
    words = spelled.refuse(f"{before}{line}\n")
    assert said in words
    assert re.search(r"\blines? 3\b", words, re.IGNORECASE)


def test_byte_order_mark_and_windows_lines_lose_nothing(spelled: Spelled) -> None:
    module = spelled.read(b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").encode())
    assert (module.SECRET_KEY, module.ENCRYPTION_KEYS) == (LONG, [KEY])


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_other_encodings_are_refused(spelled: Spelled, encoding: str) -> None:
    assert "not UTF-8" in spelled.refuse(f"{BASE}PORTAL_LOGO=M\xfcller {MARK}".encode(encoding))


def test_file_that_is_named_must_exist(spelled: Spelled) -> None:
    missing = str(spelled.file.with_name("missing"))
    assert "cannot be read" in spelled.refuse(BASE, ENV_FILE=missing)


def test_environment_overrides_file_unless_empty(spelled: Spelled) -> None:
    text = f"{BASE}PORTAL_LOGO=File\nPORT=8475\n"
    module = spelled.read(text, PORTAL_LOGO="Outside ", PORT="")
    assert (module.PORTAL_LOGO, module.PORT) == ("Outside", 8475)


def test_refusal_names_environment_as_source(spelled: Spelled) -> None:
    words = spelled.refuse(BASE, SMS_REDACT=f'"on" {MARK}')
    assert "SMS_REDACT" in words
    assert "in the environment" in words


@pytest.mark.parametrize("name", ["SECRET_KEY", "ENCRYPTION_KEYS"])
def test_missing_key_is_named(spelled: Spelled, name: str) -> None:
    text = "".join(line for line in BASE.splitlines(keepends=True) if name not in line)
    assert f"{name} is required" in spelled.refuse(text)


def test_library_settings_are_passed_on(spelled: Spelled) -> None:
    spelled.read(f"{BASE}REQUESTS_CA_BUNDLE=/etc/ssl/ours.pem\n")
    assert os.environ["REQUESTS_CA_BUNDLE"] == "/etc/ssl/ours.pem"
    assert "SECRET_KEY" not in os.environ


def test_misspelled_setting_causes_warning(spelled: Spelled, settings) -> None:
    settings.MISSPELLED = spelled.read(f"{BASE}SMS_REDCAT={MARK}\nPATH=/bin\n").MISSPELLED
    assert settings.MISSPELLED == {"SMS_REDCAT": "SMS_REDACT"}
    [warning] = [found for found in run_checks() if found.id == "portal.W017"]
    assert "SMS_REDCAT" in warning.msg
    assert MARK not in str(warning)


def test_receipt_fits_a_base_url_that_was_written_in_capitals(spelled: Spelled, settings) -> None:
    settings.BASE_URL = spelled.read(f"{BASE}BASE_URL=https://Portal.Acme.COM\n").BASE_URL
    url = receipts.url_of(uuid4())
    form = QueryDict("MessageSid=SM1&MessageStatus=delivered")
    signature = RequestValidator("token").compute_signature(url, form.dict())
    assert receipts.signed(url, form, signature, ["token"])
    assert urlsplit(url).netloc == urlsplit(url).hostname


STARTS = {
    "check": ["manage.py", "check", "--deploy"],
    "doctor": ["manage.py", "doctor", "--json"],
    "wsgi": ["-m", "gunicorn", "portal.wsgi", "--check-config"],
    "worker": ["manage.py", "worker", "celery"],
    "Celery's own worker": ["-m", "celery", "-A", "portal", "worker"],
}


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (f"SMS_REDACT={MARK}", ["SMS_REDACT must be on"]),
        (
            f"METRICS_TOKEN={MARK}\nDEFAULT_FROM_EMAIL=Acme, Inc. <{MARK}@example.com>",
            ["METRICS_TOKEN is too easy to guess", "DEFAULT_FROM_EMAIL"],
        ),
    ],
    ids=["reader", "checks"],
)
def test_every_start_refuses_with_reason_without_value(
    spelled: Spelled, start: str, lines: str, said: list[str]
) -> None:
    spelled.write(f"{BASE}BASE_URL=https://portal.example.com\n{lines}\n")
    ended = subprocess.run(
        [sys.executable, *STARTS[start]],
        cwd=ROOT,
        env={"ENV_FILE": str(spelled.file), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    printed = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert [words for words in said if words not in printed] == []
    assert MARK not in printed
