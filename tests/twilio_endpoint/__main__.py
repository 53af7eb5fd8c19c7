"""`python -m tests.twilio_endpoint`: endpoint and proxy for manual use."""

import sys
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from pathlib import Path
from threading import Event

from tests.twilio_endpoint.account import Account
from tests.twilio_endpoint.answers import BY_ENDING, refusal
from tests.twilio_endpoint.certificates import Authority
from tests.twilio_endpoint.endpoint import Endpoint
from tests.twilio_endpoint.journal import Journal
from tests.twilio_endpoint.proxy import Mood, Proxy

# The fields of Twilio's answer to a create request
CODES = (
    20003, 20005, 20008, 20429, 20500, 20503, 21211, 21212, 21217, 21265, 21267, 21408, 21606,
    21607, 21608, 21610, 21611, 21612, 21614, 21617, 21635, 21659, 21660, 21661, 21701, 21703,
    30003, 30004, 30005, 30006, 30007, 30008, 30034, 30450,
)  # fmt: skip


def main() -> None:
    """Serve until Ctrl-C."""
    chosen = _arguments()
    folder = chosen.directory
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(folder / "journal.jsonl")
    account = Account(
        sid=chosen.account_id,
        token=chosen.token,
        numbers={chosen.number: True},
        confirmed=set(chosen.confirmed),
        kind="Trial" if chosen.trial else "Full",
    )
    endpoint = Endpoint(
        Authority(folder),
        account=account,
        port=chosen.endpoint_port,
        journal=journal,
        codes=frozenset(CODES),
    )
    endpoint.answer_next(*(refusal(code) for code in chosen.answer_next))
    address = ("127.0.0.1", endpoint.server_address[1])
    proxy = Proxy(address, port=chosen.proxy_port, login=chosen.proxy_login, journal=journal)
    proxy.mood = Mood(chosen.proxy_mood)
    with endpoint, proxy, suppress(KeyboardInterrupt):
        _say(chosen, proxy)
        Event().wait()


def _say(chosen: Namespace, proxy: Proxy) -> None:
    login = f"{chosen.proxy_login}@" if chosen.proxy_login else ""
    lines = (
        f"SMS_PROXY_URL=http://{login}{proxy.address}",
        f"REQUESTS_CA_BUNDLE={(chosen.directory / 'ca.pem').resolve()}",
        f"account ID {chosen.account_id}, token {chosen.token}, number {chosen.number}",
        f"journal in {chosen.directory / 'journal.jsonl'}",
    )
    sys.stdout.write("\n".join((*lines, "")))
    sys.stdout.flush()


def _arguments() -> Namespace:
    account = Account()
    broken = ", ".join(f"{ending} {type(answer).__name__}" for ending, answer in BY_ENDING.items())
    parser = ArgumentParser(
        prog="python -m tests.twilio_endpoint",
        description="Serve Twilio's API over TLS, reached through an HTTP proxy.",
        epilog=(
            "A text to a number that ends in one of Twilio's error numbers is refused with it, "
            f"like +447700021610: {', '.join(map(str, CODES))}. Other endings break the line: "
            f"{broken}."
        ),
    )
    parser.add_argument("--directory", type=Path, required=True, help="for ca.pem and the journal")
    parser.add_argument("--proxy-port", type=int, default=0, help="0, the default: any free one")
    parser.add_argument("--proxy-login", default="", help="user:password that the proxy wants")
    parser.add_argument("--proxy-mood", choices=list(Mood), default=Mood.WILLING)
    parser.add_argument("--endpoint-port", type=int, default=0)
    parser.add_argument("--account-id", default=account.sid)
    parser.add_argument("--token", default=account.token)
    parser.add_argument("--number", default=next(iter(account.numbers)), help="that it owns")
    parser.add_argument("--trial", action="store_true", help="a trial account")
    parser.add_argument("--confirmed", nargs="*", default=[], help="numbers that a trial may text")
    parser.add_argument(
        "--answer-next",
        type=int,
        nargs="*",
        default=[],
        metavar="CODE",
        help="refuse the next requests with these error numbers",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
