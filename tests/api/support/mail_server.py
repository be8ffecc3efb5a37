"""Mail servers for tests: a real one that keeps what it gets, and one that talks nonsense; both on loopback."""
import email
import email.policy
import re
import socket
import ssl
import subprocess
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from harness import ports

from .waiting import until

SENDER = "Parley <noreply@example.org>"


class Mail:
    """One message as it came: `sender` and `recipients` of the envelope, and the message itself."""

    def __init__(self, envelope, session):
        self.sender = envelope.mail_from
        self.recipients = list(envelope.rcpt_tos)
        self.bytes = envelope.original_content
        self.over_tls = session.ssl is not None
        self.signed_in = bool(session.authenticated)
        self.message = email.message_from_bytes(self.bytes, policy=email.policy.SMTP)

    @property
    def text(self):
        return self.message.get_content().replace("\r\n", "\n")

    def link(self):
        return re.search(r"https://\S+", self.text)[0]


class MailServer:
    """Takes mail while it is up. `script` holds the replies to come, by command ("MAIL", "RCPT", "DATA"): a text, or
    None for the usual one; "drop" breaks the connection off."""

    def __init__(self, port=None, **settings):
        self.port = port or ports.free()
        self.settings = settings
        self.script = {"MAIL": [], "RCPT": [], "DATA": []}
        self.mails = []
        self.passwords = []
        self.controller = None

    def start(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True, **self.settings)
        self.controller.start()
        return self

    def stop(self):
        if self.controller:
            self.controller.stop()
            self.controller = None

    def sign_in(self, user, password):
        """Settings of a server that asks for these credentials."""
        def check(_server, _session, _envelope, _mechanism, data):
            self.passwords.append(data.password.decode())
            good = (data.login.decode(), data.password.decode()) == (user, password)
            return AuthResult(success=good, handled=False)
        self.settings |= {"authenticator": check, "auth_required": True}
        return self

    def _next(self, command, server):
        reply = self.script[command].pop(0) if self.script[command] else None
        if reply == "drop":
            server.transport.abort()
        return reply

    async def handle_MAIL(self, server, _session, envelope, address, options):
        reply = self._next("MAIL", server)
        if reply is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply or "250 OK"

    async def handle_RCPT(self, server, _session, envelope, address, _options):
        reply = self._next("RCPT", server)
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server, session, envelope):
        reply = self._next("DATA", server)
        if reply is None:
            self.mails.append(Mail(envelope, session))
        return reply or "250 OK"

    def to(self, address):
        return [m for m in self.mails if m.recipients == [address]]

    def wait_for(self, address, count=1):
        """The mails to an address, once there are so many."""
        until(lambda: len(self.to(address)) >= count)
        return self.to(address)


class RudeServer:
    """Accepts connections and does `act(connection)` with each, in a thread of its own."""

    def __init__(self, act, port=0):
        self.act = act
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        try:
            self.act(connection)
        except OSError:
            pass  # the other side has had enough

    def stop(self):
        if self.listener.fileno() == -1:
            return
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread, which holds the port otherwise
        self.listener.close()
        for connection in self.connections:
            connection.close()


def make_certificate(folder):
    """(certificate, key) for 127.0.0.1 and localhost, signed by nobody else."""
    folder.mkdir(parents=True, exist_ok=True)
    cert, key = folder / "mail.pem", folder / "mail.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)],
                   check=True, capture_output=True)
    return cert, key


def tls_context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context
