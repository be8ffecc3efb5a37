"""A server whose mail goes to a mail server of the tests."""
from contextlib import contextmanager

from .client import new_email
from .deep import Deep
from .mail_server import SENDER, MailServer
from .waiting import until


def settings_for(mail, **more):
    return {"SMTP_URL": f"smtp://127.0.0.1:{mail.port}", "FROM_EMAIL": SENDER, **more}


class Post:
    """A server of parley's own with a mail server beside it."""

    def __init__(self, server, mail):
        self.server = server
        self.mail = mail
        self.deep = Deep(server)
        self.admin = server.setup()
        self.workspace = self.admin.workspace("Guild")

    def invite(self, email=None):
        """Invites a new address, and so makes a mail to it: (address, answer)."""
        email = email or new_email("invited")
        path = f"/workspaces/{self.workspace['id']}/invite"
        answer = self.admin.ok("POST", path, 201, json={"email": email})
        self.deep.wake()
        return email, answer

    def row(self, email, *columns):
        return self.deep.rows(f"SELECT {', '.join(columns)} FROM mails WHERE recipient = '{email}'")[0]

    def now(self, email=None):
        """As if the pause before the next try were over (of one mail, or of all)."""
        only = f" AND recipient = '{email}'" if email else ""
        self.deep.rows(f"UPDATE mails SET due_us = 1 WHERE due_us IS NOT NULL{only}")
        self.deep.wake()

    def error(self, email):
        """Why the last try failed, once one has."""
        until(lambda: self.row(email, "last_error")[0] not in ("None", "NULL"))
        return self.row(email, "last_error")[0]

    def log_lines(self, what):
        return [line for line in self.server.log().splitlines() if what in line]


@contextmanager
def open_post(maker, backing, **more):
    """A server with a mail server beside it; `more` settings."""
    mail = MailServer().start()
    post = Post(maker.make(backing, settings=settings_for(mail, **more)), mail)
    yield post
    post.server.close()
    mail.stop()
