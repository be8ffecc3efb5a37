"""A release server to be measured, and a client for making what it needs."""
import json
import ssl
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from bench import options
from harness.stack import Backing, Stack

EMAIL, PASSWORD = "bench@example.org", "correct horse battery"

# Requests are counted, as on a server that people use; nobody reaches these figures.
UNREACHED = dict.fromkeys(("RATE_LIMIT_REQUESTS", "RATE_READ", "RATE_WRITE", "RATE_UPLOAD", "RATE_EXPORT", "RATE_CREDENTIAL",
                           "RATE_CREDENTIAL_ACCOUNT", "RATE_DIALECT", "RATE_KEYS"), "10000000")


class Client:
    """JSON over HTTPS; one request at a time."""

    def __init__(self, stack):
        self.base = stack.base_url
        self.context = ssl.create_default_context(cafile=str(stack.ca))
        self.token = None

    def call(self, method, path, body=None, headers=None):
        headers = {"Content-Type": "application/json", **(headers or {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        with urllib.request.urlopen(request, context=self.context, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def set_up(self):
        """The first administrator, signed in."""
        self.call("POST", "/auth/setup", {"email": EMAIL, "password": PASSWORD})
        self.sign_in()
        return self

    def sign_in(self):
        self.token = self.call("POST", "/auth/login", {"email": EMAIL, "password": PASSWORD})["tokens"]["access_token"]

    def workspace(self, name="bench"):
        return self.call("POST", "/workspaces", {"name": name})["id"]

    def chat(self, workspace, title="bench"):
        return self.call("POST", f"/workspaces/{workspace}/chat", {"title": title})["id"]


@contextmanager
def backing(column, folder, durable=True):
    """Yields the parts of a column, running."""
    parts = Backing(column, Path(folder) / "parts", durable)
    try:
        parts.start()
        yield parts
    finally:
        parts.stop()


KINDS = {"sqlite": "SQLite", "mariadb": "MariaDB", "mysql": "MySQL 9"}


def databases(folder, *columns):
    """Yields (its name for people, environment, part) of each kind of database in turn, running; SQLite has no part. Of these
    columns, those that are asked for."""
    for column in options.columns(*columns):
        if column == "sqlite":
            yield KINDS[column], {}, None
        else:
            with backing(column, Path(folder) / column) as parts:
                yield KINDS[column], parts.env, parts.database


@contextmanager
def server(binary, folder, env=None, **settings):
    """Yields (stack, client) of a fresh server with an administrator."""
    settings = {"LOG_LEVEL": "warn", **UNREACHED, **settings}
    stack = Stack(folder, binary, env or {}, settings)
    try:
        stack.start()
        yield stack, Client(stack).set_up()
    finally:
        stack.stop()


def _rollup_bytes(pid, name):
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return 0


def pss_bytes(pid):
    """The process's share of memory, as the kernel counts it."""
    return _rollup_bytes(pid, "Pss:")


def own_bytes(pid):
    """Without the pages of files: a share of those grows when another program ends that used the same libraries."""
    return _rollup_bytes(pid, "Pss_Anon:")
