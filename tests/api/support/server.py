"""The server that a test talks to: the one that all tests of a run share, or one of its own."""
import json
import subprocess
from pathlib import Path

from harness.parley import base_environment
from harness.stack import Stack

from .client import Person, new_client, new_email, new_password
from .contract import Contract


def read_contract(binary):
    done = subprocess.run([str(binary), "openapi"], check=True, capture_output=True, cwd="/")
    return Contract(json.loads(done.stdout))


class Server:
    """A running server. `stack` is there where this process has started it (so it can be killed, restarted, stopped).

    base_url, ca        its address, and the certificate to trust
    settings, folder    its settings by name; its VAR_DIR
    backing             its database, MinIO and Redis (harness.stack.Backing; its parts are None on sqlite)
    contract            the OpenAPI document of its binary
    """

    def __init__(self, binary, base_url, ca, folder, settings, backing, contract, stack=None):
        self.binary = binary
        self.base_url = base_url
        self.ca = ca
        self.folder = Path(folder)
        self.settings = settings
        self.backing = backing
        self.contract = contract
        self.stack = stack
        self._http = None

    @property
    def column(self):
        return self.backing.column

    @property
    def http(self):
        if self._http is None:
            self._http = new_client(self)
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
        if self._http is not None:
            self._http.close()
        return self.stack.stop() if self.stack else {}


def own_server(binary, backing, folder, contract, settings, processes):
    """Starts a server with a database (and a bucket) that nothing else uses."""
    from harness.testrun import TEST_SETTINGS
    stack = Stack(folder, binary, backing.own_env(), {**TEST_SETTINGS, **settings}, processes)
    stack.start()
    return Server(binary, stack.base_url, stack.ca, stack.folder, stack.settings, backing, contract, stack)
