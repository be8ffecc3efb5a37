"""Fixtures of the API tests. The real binary behind the real nginx with TLS, over the parts of one column.

  column          "sqlite", "mariadb" or "mysql"
  server          the server that all tests of the run share (support/server.py: Server)
  http            an HTTP/2 client of it, signed in as nobody; every answer is held against the OpenAPI document
  admin           its first administrator, signed in (support/client.py: Person)
  alice, bob      two new people, new for each test, members of nothing but their personal workspaces
  team            a workspace of alice's with bob as MEMBER and a GUEST: its path, id, owner, member, guest
  make_user       make_user(role="USER", **fields) -> Person
  make_server     make_server(processes=1, SETTING="value", …) -> Server with a database of its own; ends with the test
  lasting_post    a server of its own with a mail server beside it (support/post.py: Post), shared by a module's tests
  make_backing    make_backing() -> a private Backing of this column (to be killed, say); make_server(backing=…) uses it

`./dev test` starts the shared server; pytest alone starts one by itself: pytest -c tests/api/pytest.ini --column=sqlite
"""
import fcntl
import json
import os
import shutil
import time
from pathlib import Path

import pytest
from harness.paths import BUILD
from harness.stack import COLUMNS, Backing, Stack

from support.client import Person, new_email
from support.post import open_post
from support.server import Server, own_server, read_contract


def pytest_addoption(parser):
    parser.addoption("--column", choices=COLUMNS, default="sqlite", help="what the server keeps things in")
    parser.addoption("--binary", default=None, help="the parley to test (build/asan/parley)")
    parser.addoption("--processes", type=int, default=1, help="processes of parley, where pytest starts the server")


def pytest_collection_modifyitems(config, items):
    column = config.getoption("--column")
    kept, dropped = [], []
    for item in items:
        mark = item.get_closest_marker("columns")
        (dropped if mark and column not in mark.args else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


@pytest.fixture(scope="session")
def column(request):
    return request.config.getoption("--column")


@pytest.fixture(scope="session")
def shared():
    """What ./dev test says about the server it has started, or None."""
    path = os.environ.get("PARLEY_TEST_SERVER")
    return json.loads(Path(path).read_text(encoding="utf-8")) if path else None


@pytest.fixture(scope="session")
def binary(request, shared):
    return Path(request.config.getoption("--binary") or (shared and shared["binary"]) or BUILD / "asan" / "parley")


@pytest.fixture(scope="session")
def worker():
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def contract(binary, worker):
    contract = read_contract(binary)
    yield contract
    if "PARLEY_TEST_RECORDS" in os.environ:
        contract.save(os.environ["PARLEY_TEST_RECORDS"], worker)


@pytest.fixture(scope="session")
def run_folder(column, worker, shared):
    """A folder for what this worker's tests start, empty at first."""
    base = Path(shared["folder"]).parent if shared else BUILD / "test-run" / f"{column}-pytest"
    folder = base / worker
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def backing(column, shared, run_folder):
    if shared:
        backing = Backing(column, shared["backing_folder"])
        backing.attach(shared["backing"])
        yield backing
        return
    backing = Backing(column, run_folder / "b", durable=False)
    try:
        backing.start()
        yield backing
    finally:
        backing.stop()


@pytest.fixture(scope="session")
def server(request, shared, binary, backing, contract, run_folder):
    if shared:
        server = Server(binary, shared["base_url"], shared["ca"], shared["folder"], shared["settings"], backing, contract)
        yield server
        server.close()
        return
    from harness.testrun import TEST_SETTINGS
    stack = Stack(run_folder / "s", binary, backing.env, TEST_SETTINGS, request.config.getoption("--processes"))
    try:
        stack.start()
        server = Server(binary, stack.base_url, stack.ca, stack.folder, stack.settings, backing, contract, stack)
        yield server
        server.close()
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def http(server):
    return server.http


@pytest.fixture(scope="session")
def admin(server):
    """The first administrator. Several workers share one server: the first makes the account, the others read of it."""
    note = server.folder / "admin.json"
    with open(server.folder / "admin.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            person = server.setup()
            assert person, "the server had an administrator before the tests made one"
            note.write_text(json.dumps([person.email, person.password]), encoding="utf-8")
    email, password = json.loads(note.read_text(encoding="utf-8"))
    return Person(server.http, None, email, password).sign_in()


@pytest.fixture
def make_user(server, admin):
    return lambda role="USER", **fields: server.person(admin, role, **fields)


@pytest.fixture
def alice(make_user):
    return make_user(email=new_email("alice"), first_name="Alice")


@pytest.fixture
def bob(make_user):
    return make_user(email=new_email("bob"), first_name="Bob")


@pytest.fixture
def team(alice, bob, make_user):
    """A workspace of alice's with bob as MEMBER and a third as GUEST."""
    workspace = alice.workspace("Team")
    alice.add_member(workspace, bob)
    guest = make_user(first_name="Gwen")
    alice.add_member(workspace, guest, "GUEST")
    return {"path": f"/workspaces/{workspace['id']}", "id": workspace["id"], "owner": alice, "member": bob, "guest": guest}


@pytest.fixture(scope="module")
def lasting_post(binary, backing, run_folder, contract):
    with open_post(binary, backing, run_folder, contract) as post:
        yield post


@pytest.fixture
def make_backing(column, run_folder):
    made = []

    def make():
        private = Backing(column, run_folder / f"b{time.monotonic_ns():x}")
        made.append(private)
        private.start()
        return private

    yield make
    for private in made:
        private.stop()


@pytest.fixture
def make_server(binary, backing, contract, run_folder):
    made = []

    def make(processes=1, backing=backing, **settings):
        # Short names: a unix socket's path has 107 bytes.
        server = own_server(binary, backing, run_folder / f"s{time.monotonic_ns():x}", contract, settings, processes)
        made.append(server)
        return server

    yield make
    for server in made:
        server.close()
