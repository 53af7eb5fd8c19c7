"""A real SMTP server that stores emails, or refuses as configured."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


class Mailbox:
    """aiosmtpd's handler. `answers` replaces the normal answer of a command."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answers: dict[str, str] = {}
        self.hang_up_at = ""

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._answer(server, "MAIL")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self._answer(server, "RCPT")
        if answer.startswith("250") and "nobody" in address:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        answer = self._answer(server, "DATA")
        if answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=policy.default)
            self.mails.append(mail)
            self.recipients.append(list(envelope.rcpt_tos))
        return answer

    def _answer(self, server: SMTP, command: str) -> str:
        if command == self.hang_up_at:
            server.transport.abort()
        return self.answers.get(command, "250 OK")


class _Controller(Controller):
    """Takes any free port. aiosmtpd's own class would connect to port 0."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def _nobody(*_args: object) -> AuthResult:
    return AuthResult(success=False, handled=False)


@contextmanager
def serving(mailbox: Mailbox, *, logins: bool = False) -> Iterator[int]:
    """Serve on a free port and yield it. With `logins`, every login is wrong."""
    options = {"authenticator": _nobody, "auth_require_tls": False} if logins else {}
    controller = _Controller(mailbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
