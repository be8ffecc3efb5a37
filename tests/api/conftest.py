"""Fixtures of the API tests. The real binary behind the real nginx with TLS, over the parts of one column.

  column          "sqlite", "mariadb" or "mysql": a test that reaches for it, by whatever fixture, runs once on each column
                  that support/columns.py gives it
  processes       how many the shared server of the column has: over SQLite one
  server          the server that a worker's tests of this column share (support/server.py: Server)
  http            an HTTP/2 client of it, signed in as nobody; every answer is held against the OpenAPI document
  admin           its first administrator, signed in (support/client.py: Person)
  alice, bob      two new people, new for each test, members of nothing but their personal workspaces
  team            a workspace of alice's with bob as MEMBER and a GUEST: its path, id, owner, member, guest
  make_user       make_user(role="USER", **fields) -> Person
  follower        who follows the event log beside the server (support/events.py: Follower)
  shared_server   shared_server(processes=1, SETTING="value", …) -> the Server with these settings that tests share
  deep            such a server, seen from below (support/deep.py: Deep)
  make_server     make_server(processes=1, SETTING="value", …) -> Server with a database of its own; ends with the test.
                  It begins with a copy of a migrated database, of keys and a certificate; fresh=True: with nothing
  parley          parley(*words, stdin="", SETTING="value") in a folder of its own -> finished process
  migrated        the same, with an SQLite database that is up to date
  old_database    an empty database of the column, to be migrated step by step (support/old_database.py: OldDatabase)
  look            look(server) -> a new page of a browser (playwright.sync_api.Page), on which nothing may be amiss in the end
  lasting_post    a server of its own with a mail server beside it (support/post.py: Post), shared by a module's tests
  make_backing    make_backing() -> a private Backing of this column (to be killed, say); make_server(backing=…) uses it

`./dev test` starts the databases and stores; pytest alone starts them by itself:
pytest -c tests/api/pytest.ini --column=sqlite,mariadb
"""
import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import browser
from harness.parley import base_environment
from harness.paths import BUILD, PRISTINE
from harness.stack import COLUMNS, PROCESSES, Backing
from harness.template import Template
from harness.testrun import TEST_SETTINGS

from support import columns, units
from support.client import new_email
from support.contract import Contract
from support.deep import Deep
from support.events import following
from support.needed import needed
from support.old_database import OldDatabase
from support.post import open_post
from support.server import Maker, SharedServers, read_contract


def column_names(text):
    names = text.split(",")
    if not set(names) <= set(COLUMNS):
        raise ValueError(text)
    return names


def pytest_addoption(parser):
    parser.addoption("--column", type=column_names, default=["sqlite"], help="what servers keep things in, with commas")
    parser.addoption("--binary", default=None, help="the parley to test (build/asan/parley)")


def pytest_generate_tests(metafunc):
    columns.spread(metafunc)


@pytest.hookimpl(hookwrapper=True)
def pytest_collection_modifyitems(config, items):
    columns.deselect(config, items)
    units.mark(items)
    yield
    units.sort(items)


def pytest_runtest_setup(item):
    Contract.file = item.path.name


@pytest.fixture(scope="session")
def column(request):
    return request.param


@pytest.fixture(scope="session")
def run():
    """What ./dev test says about what it has started, or None."""
    path = os.environ.get("PARLEY_TEST_RUN")
    return json.loads(Path(path).read_text(encoding="utf-8")) if path else None


@pytest.fixture(scope="session")
def binary(request, run):
    return Path(request.config.getoption("--binary") or (run and run["binary"]) or BUILD / "asan" / "parley")


@pytest.fixture
def parley(binary, tmp_path):
    def run_words(*words, stdin="", **settings):
        return subprocess.run([str(binary), *words], cwd=tmp_path, input=stdin, capture_output=True, text=True, check=False,
                              env={**base_environment(), **settings}, timeout=60)

    return run_words


@pytest.fixture
def migrated(parley):
    assert parley("migrate", "up").returncode == 0
    return lambda *words, **more: parley(*words, **{"BCRYPT_ROUNDS": TEST_SETTINGS["BCRYPT_ROUNDS"], **more})


@pytest.fixture(scope="session")
def worker():
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture
def old_database(binary, backing, tmp_path):
    return OldDatabase(binary, backing, tmp_path)


@pytest.fixture(scope="session")
def contract(binary, worker):
    contract = read_contract(binary)
    yield contract
    if "PARLEY_TEST_RECORDS" in os.environ:
        contract.save(os.environ["PARLEY_TEST_RECORDS"], worker)



@pytest.fixture(scope="session")
def run_folder(worker, run):
    """A folder for what this worker's tests start, empty at first."""
    folder = (Path(run["folder"]) if run else BUILD / "test-run" / "pytest") / worker
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def backings(run, run_folder):
    """The databases and stores of the columns, by name: those of ./dev test, or own ones."""
    made = {}

    def get(column):
        if column not in made:
            folder = Path(run["backing_folder"]) / column if run else run_folder / f"b-{column}"
            backing = made[column] = Backing(column, folder, durable=False)
            if run:
                backing.attach(run["backings"][column])
            else:
                backing.start()
        return made[column]

    yield get
    if not run:
        for backing in made.values():
            backing.stop()


@pytest.fixture(scope="session")
def backing(column, backings):
    return backings(column)


@pytest.fixture(scope="session")
def maker(binary, contract, run, run_folder):
    folder = Path(run["template"]) if run else run_folder / "template"
    return Maker(binary, contract, run_folder, Template(folder, binary))


@pytest.fixture(scope="session")
def shared_servers(maker, backings):
    servers = SharedServers(maker)
    yield servers
    faults = servers.close()
    assert not faults, f"servers that did not end with status 0: {faults}"


@pytest.fixture(scope="session")
def processes(column):
    return PROCESSES[column]


@pytest.fixture(scope="session")
def server(backing, shared_servers, processes):
    yield shared_servers.get(backing, processes, {})
    shared_servers.rest()


@pytest.fixture(scope="session")
def shared_server(backing, shared_servers):
    return lambda processes=1, **settings: shared_servers.get(backing, processes, settings)


@pytest.fixture(scope="session")
def http(server):
    return server.http


@pytest.fixture(scope="session")
def admin(server):
    return server.admin


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
def own(maker, backing, processes):
    """Of what a process recalls: two processes over one database (one over SQLite), and their administrator."""
    server = maker.make(backing, processes, settings={})
    yield server, server.setup()
    server.close()


@pytest.fixture(scope="module")
def lasting_post(maker, backing):
    with open_post(maker, backing) as post:
        yield post


@pytest.fixture(scope="module")
def chromium():
    with contextlib.ExitStack() as stack:
        with needed("a browser"):
            opened = stack.enter_context(browser.opened())
        yield opened


@pytest.fixture
def look(chromium):
    """look(server, …) -> the page of a new browser.Page, on which nothing may be amiss when the test ends."""
    looks = []

    def open_one(server, **options):
        looks.append(browser.Page(chromium, server.base_url, **options))
        return looks[-1].page

    yield open_one
    for one in looks:
        one.context.close()
    assert [fault for one in looks for fault in one.faults] == []


@pytest.fixture
def make_backing(column, run_folder):
    made = []

    def make():
        folder = run_folder / f"b{len(list(run_folder.glob('b*')))}"
        private = Backing(column, folder, pristine=PRISTINE)
        made.append(private)
        private.start()
        return private

    yield make
    for private in made:
        private.stop()


@pytest.fixture
def follower(server):
    with following(server) as follower:
        yield follower


@pytest.fixture
def make_server(maker, backing):
    made = []

    def make(processes=1, backing=backing, fresh=False, **settings):
        made.append(maker.make(backing, processes, fresh, settings))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def deep(make_server):
    return Deep(make_server())
