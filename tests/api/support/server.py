"""The server that a test talks to: the one that all tests of a run share, or one of its own."""
import json
import subprocess
from pathlib import Path

from harness.parley import base_environment
from harness.stack import Stack
from harness.testclock import TestClock
from harness.testrun import TEST_SETTINGS

from .client import LastingPerson, Person, new_client, new_email, new_password
from .contract import Contract


def read_contract(binary):
    done = subprocess.run([str(binary), "openapi"], check=True, capture_output=True, cwd="/")
    return Contract(json.loads(done.stdout))


class Server:
    """A running server.

    base_url, ca        its address, and the certificate to trust
    settings, folder    its settings by name; its VAR_DIR
    backing             its database, MinIO and Redis (harness.stack.Backing; its parts are None on sqlite)
    contract            the OpenAPI document of its binary
    stack               its processes, to be killed, restarted, stopped by a test to whom it belongs alone
    clock               its clock, to be moved by such a test (harness.testclock.TestClock)
    """

    def __init__(self, binary, stack, backing, contract, clock):
        self.binary = binary
        self.base_url = stack.base_url
        self.ca = stack.ca
        self.folder = stack.folder
        self.settings = stack.settings
        self.backing = backing
        self.contract = contract
        self.stack = stack
        self.clock = clock
        self._http = None
        self._admin = None

    @property
    def column(self):
        return self.backing.column

    @property
    def http(self):
        """HTTP/2 on SQLite and HTTP/1.1 on the others, where the same tests run: what nginx makes of both is one FastCGI
        request, and Python's HTTP/2 takes a millisecond more for each."""
        if self._http is None:
            self._http = new_client(self, http2=self.column == "sqlite")
        return self._http

    def client(self, **options):
        """A further client with connections of its own; options of support.client.new_client."""
        return new_client(self, **options)

    def log(self):
        """What its processes have logged so far."""
        return "".join(p.read_text(encoding="utf-8", errors="replace") for p in sorted(self.folder.glob("parley*.log")))

    def command(self, *arguments, stdin=""):
        """Runs `parley ARGUMENTS…` with its settings; gives the finished process (returncode, stdout, stderr)."""
        return subprocess.run([str(self.binary), *arguments], cwd=self.folder, input=stdin, capture_output=True,
                              env={**base_environment(), **self.settings}, text=True, check=False, timeout=60)

    @property
    def admin(self):
        """The first administrator of a server that tests share; of one's own, setup() makes one."""
        if self._admin is None:
            email, password = new_email("admin"), new_password()
            self.http.post("/auth/setup", json={"email": email, "password": password}).raise_for_status()
            self._admin = LastingPerson(self.http, email, password, self.clock.now)
        return self._admin

    def setup(self, email=None, password=None):
        """Makes the first administrator; None where there is one already."""
        email, password = email or new_email("admin"), password or new_password()
        answer = self.http.post("/auth/setup", json={"email": email, "password": password})
        if answer.status_code == 409:
            return None
        assert answer.status_code == 201, answer.text
        return Person(self.http, answer.json(), email, password).sign_in()

    def person(self, admin, role="USER", **fields):
        """A new account, made by an administrator and signed in."""
        email = fields.pop("email", None) or new_email()
        password = fields.pop("password", None) or new_password()
        user = admin.ok("POST", "/users", 201, json={"email": email, "password": password, "role": role, **fields})
        return Person(self.http, user, email, password).sign_in()

    def close(self):
        """Ends it; gives the exit statuses by name."""
        if self._http is not None:
            self._http.close()
        return self.stack.stop()


class Maker:
    """Makes servers of one binary: `binary`, `contract`, `folder` for what they keep, and a harness.template.Template."""

    def __init__(self, binary, contract, folder, template):
        self.binary = binary
        self.contract = contract
        self.folder = folder
        self.template = template
        self.count = 0

    def make(self, backing, processes=1, fresh=False, settings=None):
        """Starts a server with a database (and a bucket) that nothing else uses. `fresh`: it begins with nothing, and
        makes its tables, keys and certificate itself, as a new installation does; otherwise they are copies."""
        assert processes == 1 or backing.column != "sqlite", "a second process is refused SQLite's file"
        # Short names: a unix socket's path has 107 bytes.
        self.count += 1
        folder = self.folder / f"s{self.count}"
        clock = TestClock(folder / "clock")
        settings = {**TEST_SETTINGS, **clock.env, **(settings or {})}
        stack = Stack(folder, self.binary, backing.own_env(None if fresh else self.template), settings, processes)
        if not fresh:
            self.template.copy_files(stack)
        stack.start()
        return Server(self.binary, stack, backing, self.contract, clock)


class SharedServers:
    """The servers that a worker's tests share, one for each column and set of settings. They end with the run."""

    def __init__(self, maker):
        self.maker = maker
        self.servers = {}

    def get(self, backing, processes, settings):
        key = (backing.column, processes, *sorted(settings.items()))
        if key not in self.servers:
            # The plain one of each column is a new installation.
            self.servers[key] = self.maker.make(backing, processes, fresh=not settings, settings=settings)
        return self.servers[key]

    def rest(self):
        """Closes the connections to them: the tests to come are of another column."""
        for server in self.servers.values():
            server.http.close()

    def close(self):
        """Ends them; what did not end with status 0, as {folder: exit statuses}."""
        exits = {str(server.folder): server.close() for server in self.servers.values()}
        return {folder: found for folder, found in exits.items() if set(found.values()) != {0}}
