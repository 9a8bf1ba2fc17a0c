"""A report by mail, through the SMTP server of the settings."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from mimetypes import guess_type
from urllib.parse import unquote, urlsplit

from runtime.settings import Settings

TIMEOUT_S = 30
PORTS = {"smtp": 587, "smtps": 465}


class MailError(Exception):
    """The mail was not sent; the message has the reason."""


def send(settings: Settings, to: Sequence[str], subject: str, body: str, name: str, file: bytes) -> None:
    """Sends one file to some addresses; raises MailError. Where the server offers encryption it is used."""
    address = urlsplit(settings.smtp_url.get_secret_value())
    if address.scheme not in PORTS or not address.hostname or not settings.mail_from:
        raise MailError("set HAILONG_SMTP_URL (smtp://user:password@host:587, smtps://…) and HAILONG_MAIL_FROM")
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, settings.mail_from, ", ".join(to)
    message.set_content(body)
    kind, _, part = (guess_type(name)[0] or "application/octet-stream").partition("/")
    message.add_attachment(file, maintype=kind, subtype=part, filename=name)
    opened = smtplib.SMTP_SSL if address.scheme == "smtps" else smtplib.SMTP
    try:
        with opened(address.hostname, address.port or PORTS[address.scheme], timeout=TIMEOUT_S) as server:
            if address.scheme == "smtp" and server.ehlo() and server.has_extn("starttls"):
                server.starttls()
            if address.username:
                server.login(unquote(address.username), unquote(address.password or ""))
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(f"{address.hostname}: {error}") from error
