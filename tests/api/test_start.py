"""How a server starts, takes signals, stops, and what keeps it from starting."""
import contextlib
import os
import re
import signal
import subprocess
import time

import pytest
from harness.parley import base_environment
from harness.process import wait_until

from support.client import new_email, new_password

# What runs is given 10 s, and the whole stop one more.
STOP_S = 11


def wait_log(server, pattern, start=0):
    wait_until(lambda: re.search(pattern, server.log()[start:]), 20, f"{pattern!r} in the log", server.stack.parts)


def second_process(server, **settings):
    """parley with the same settings but these."""
    settings = {**server.settings, "FCGI_SOCKET": str(server.folder / "second.sock"), **settings}
    return subprocess.Popen([str(server.binary), "serve"], cwd=server.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env={**base_environment(), **settings})


def refused(server, **settings):
    """A second process with the same settings but these: it must end at once, with 1 and one line. SQLite's file is one
    server's alone, so that the first one has to go."""
    if server.column == "sqlite":
        server.stack.parleys[0].stop()
    return refusal(second_process(server, **settings))


def refusal(child):
    _, errors = child.communicate(timeout=60)
    faults = [line for line in errors.splitlines() if line.startswith("parley serve: ")]
    assert child.returncode == 1 and len(faults) == 1, errors
    return faults[0]


def test_serve__stops_in_order_and_with_0(make_server):
    server = make_server()
    parley = server.stack.parleys[0]
    parley.send(signal.SIGTERM)
    assert parley.stop() == 0
    assert not parley.socket.exists()
    assert server.log().splitlines()[-1].endswith("msg=stopped")


@pytest.mark.columns("mariadb")
def test_serve__a_living_servers_socket_is_not_taken(make_server):
    server = make_server()
    assert "another server is running" in refused(server, FCGI_SOCKET=str(server.stack.parleys[0].socket))
    assert server.http.get("/health").status_code == 200


def test_serve__other_keys_do_not_start(make_server):
    server = make_server()
    assert "belongs to a server with other keys" in refused(server, KEYS_DIR=str(server.folder / "other-keys"))


def test_serve__another_signing_key_does_not_start(make_server):
    server = make_server()
    foreign = server.folder / "foreign.pem"
    subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", foreign],
                   check=True, capture_output=True)
    foreign.chmod(0o600)
    fault = refused(server, JWT_PRIVATE_KEY_PATH=str(foreign), JWT_PUBLIC_KEY_PATH=str(server.folder / "foreign-public.pem"))
    assert "belongs to a server with other signing keys" in fault


def test_serve__keys_that_others_can_read_do_not_start(make_server):
    server = make_server()
    (server.folder / "keys/private.pem").chmod(0o640)
    try:
        assert "chmod 600" in refused(server)
    finally:
        (server.folder / "keys/private.pem").chmod(0o600)


def waiting(server):
    """A second process on the SQLite file of the first, which it waits for."""
    child = second_process(server)
    line = child.stderr.readline()
    assert "another server has the SQLite database" in line, line
    return child


@pytest.mark.one_column("SQLite's file")
def test_serve__a_living_servers_sqlite_file_is_not_taken(make_server):
    server = make_server()
    child = waiting(server)
    server.clock.forward(31)
    assert "another server is running on the SQLite database" in refusal(child)
    assert server.http.get("/health/ready").status_code == 200
    assert server.command("user", "list").returncode == 0, "what is no server may look beside it"


@pytest.mark.one_column("SQLite's file")
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_serve__a_server_that_ends_hands_its_sqlite_file_on(make_server, end):
    server = make_server()
    child = waiting(server)
    getattr(server.stack.parleys[0], end)()
    lines = []
    while not re.search(r"msg=\"?ready", "".join(lines[-1:])):
        lines.append(child.stderr.readline())
        assert lines[-1], lines
    child.send_signal(signal.SIGTERM)
    _, rest = child.communicate(timeout=20)
    assert child.returncode == 0, rest


@pytest.mark.columns("mariadb")
def test_serve__a_second_host_with_the_same_keys_starts(make_server):
    server = make_server(processes=2)
    assert server.http.get("/health/ready").status_code == 200
    assert all(p.alive() for p in server.stack.parleys)


@pytest.mark.columns("mariadb")
def test_serve__ten_processes_at_once_migrate_once(make_server):
    server = make_server(processes=10, fresh=True)
    assert server.log().count("the database's schema is brought up to date") == 1
    assert server.http.get("/health/ready").status_code == 200


def test_sighup__takes_what_may_be_reloaded_and_names_the_rest(make_server):
    server = make_server(APP_NAME="")
    (server.folder / ".env").write_text("APP_NAME=Another name\nLISTEN_BACKLOG=77\n", encoding="ascii")
    server.stack.parleys[0].reload()
    wait_log(server, "msg=reloaded")
    assert server.http.get("/health").json()["service"] == "Another name"
    assert "settings=LISTEN_BACKLOG" in server.log()


def test_sighup__keeps_the_old_settings_when_the_new_are_wrong(make_server):
    server = make_server()
    (server.folder / ".env").write_text("APP_NAME=Another name\nACCESS_TOKEN_EXPIRE_MINUTES=soon\n", encoding="ascii")
    server.stack.parleys[0].reload()
    wait_log(server, "msg=reloaded")
    assert server.http.get("/health").json()["service"] == "Parley"
    assert "ACCESS_TOKEN_EXPIRE_MINUTES must be a whole number from 1 to 1440" in server.log()


def test_sighup__opens_the_log_file_again(make_server, run_folder):
    path = run_folder / f"log{time.monotonic_ns():x}"
    server = make_server(LOG_FILE=str(path))
    path.rename(f"{path}.1")
    server.stack.parleys[0].reload()
    wait_until(lambda: path.exists() and "msg=reloaded" in path.read_text(encoding="utf-8"), 20, "a new log file",
               server.stack.parts)


class HangingReload:
    """A reload that hangs in reading its settings, from a pipe, until `end`."""

    def __init__(self, server):
        self.server, self.parley = server, server.stack.parleys[0]
        self.path = server.folder / ".env"
        os.mkfifo(self.path)
        self.parley.reload()
        wait_until(self._begun, 20, "a reload that reads its settings", server.stack.parts)

    def _begun(self):
        with contextlib.suppress(OSError):  # nobody reads yet
            self.writer = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            return True
        return False

    def ask_again(self):
        """One more SIGHUP, which has been heard when this returns."""
        self.parley.reload()
        wait_until(lambda: not self._pending() & 1 << (signal.SIGHUP - 1), 20, "SIGHUP is heard", self.server.stack.parts)

    def _pending(self):
        with open(f"/proc/{self.parley.child.pid}/status", encoding="ascii") as status:
            return int(next(line for line in status if line.startswith("ShdPnd:")).split()[1], 16)

    def stop(self):
        self.parley.send(signal.SIGTERM)
        wait_log(self.server, "msg=stopping")

    def end(self, settings=""):
        self.path.unlink()
        self.path.write_text(settings, encoding="ascii")
        os.close(self.writer)


def test_sigterm__is_heard_while_a_reload_runs_which_ends_first(make_server):
    reload = HangingReload(make_server())
    reload.stop()
    assert reload.parley.alive()
    reload.end()
    assert reload.parley.stop() == 0
    log = reload.server.log()
    assert log.index("msg=stopping") < log.index("msg=reloaded") < log.index("msg=stopped")


def test_sigterm__ends_the_server_in_time_though_a_reload_hangs(make_server):
    reload = HangingReload(make_server())
    assert reload.server.http.get("/health").status_code == 200
    reload.stop()
    assert reload.parley.child.wait(STOP_S + 3) == 1
    assert "stopped before everything under way had ended" in reload.server.log()
    reload.end()


def test_sighup__asked_for_often_during_a_reload_is_one_more(make_server):
    reload = HangingReload(make_server(APP_NAME=""))
    for _ in range(3):
        reload.ask_again()
    reload.end("APP_NAME=Second\n")
    wait_until(lambda: reload.server.http.get("/health").json()["service"] == "Second", 20, "the second reload",
               reload.server.stack.parts)
    reload.path.write_text("APP_NAME=Third\n", encoding="ascii")
    reload.ask_again()
    wait_until(lambda: reload.server.http.get("/health").json()["service"] == "Third", 20, "the third reload",
               reload.server.stack.parts)
    reload.parley.send(signal.SIGTERM)
    assert reload.parley.stop() == 0
    assert reload.server.log().count("msg=reloaded") == 3


@pytest.mark.columns("mariadb")
def test_key_rotate__signs_nobody_out_of_any_process(make_server):
    server = make_server(processes=2)
    alice = server.setup(new_email("alice"), new_password())
    assert server.command("key", "rotate").returncode == 0
    # One process is told, the other is not: it must find the new key by itself.
    server.stack.parleys[0].reload()
    wait_log(server, "msg=reloaded")
    kids = set()
    for _ in range(8):
        assert alice.get("/auth/me").status_code == 200
        kids.add(len(server.http.get("/.well-known/jwks.json").json()["keys"]))
        other = alice.sign_in()
        assert all(other.get("/auth/me").status_code == 200 for _ in range(4))
    assert 2 in kids


def test_setup_token_auto__is_shown_until_there_is_a_user(make_server):
    server = make_server(fresh=True, SETUP_TOKEN="auto")
    wait_log(server, r"/app/#/setup\?token=")
    token = re.search(r'/app/#/setup\?token=([\w-]+)', server.log())[1]
    body = {"email": new_email(), "password": new_password()}
    assert server.http.post("/auth/setup", json=body).status_code == 403
    assert server.http.post("/auth/setup", json={**body, "setup_token": token}).status_code == 201


@pytest.mark.columns("mariadb", "mysql")
def test_serve__ends_where_the_database_refuses_its_password(make_server):
    server = make_server()
    user, _, rest = server.settings["DATABASE_URL"].partition("@")
    assert "check MYSQL_USER and MYSQL_PASSWORD" in refused(server, DATABASE_URL=f"{user}wrong@{rest}")


@pytest.mark.columns("mariadb", "mysql")
def test_serve__ends_where_there_is_no_such_database(make_server):
    server = make_server()
    assert "CREATE DATABASE" in refused(server, DATABASE_URL=server.settings["DATABASE_URL"].rpartition("/")[0] + "/parley_none")


@pytest.mark.columns("mariadb")
@pytest.mark.parametrize("name, value, text", [
    ("MINIO_SECRET_KEY", "a wrong one", "refuses the access key"), ("MINIO_BUCKET_NAME", "No bucket", "MINIO_BUCKET_NAME")])
def test_serve__ends_where_the_store_refuses_it(make_server, name, value, text):
    assert text in refused(make_server(), **{name: value})


@pytest.mark.columns("mariadb")
def test_serve__ends_where_redis_refuses_its_password(make_server):
    server = make_server()
    url = server.settings["REDIS_URL"]
    assert "REDIS_PASSWORD" in refused(server, REDIS_URL=url.replace("redis://:", "redis://:wrong"))
    assert "REDIS_PASSWORD" in refused(server, REDIS_URL=url.rpartition("/")[0] + "/99999")


@pytest.mark.columns("sqlite")
def test_serve__ends_where_the_folder_of_objects_cannot_be_used(make_server):
    assert "/proc/self" in refused(make_server(), OBJECTS_DIR="/proc/self/objects")


@pytest.mark.columns("sqlite")
@pytest.mark.parametrize("name, value", [("SMTP_URL", "smtp://"), ("FROM_EMAIL", "nobody"), ("REDIS_URL", "nonsense://x")])
def test_serve__ends_where_a_setting_of_a_part_makes_no_sense(make_server, name, value):
    settings = {"SMTP_URL": "smtp://127.0.0.1:1", "FROM_EMAIL": "parley@example.org", name: value}
    assert name in refused(make_server(), **settings)


def start_without_database(make_server, make_backing, spoil=None):
    """A server that has run before and starts again while its database is away; spoil(query, database) goes before."""
    backing = make_backing()
    server = make_server(backing=backing)
    parley = server.stack.parleys[0]
    parley.send(signal.SIGTERM)
    assert parley.stop() == 0
    if spoil:
        spoil(backing.database.query, server.settings["DATABASE_URL"].rpartition("/")[2])
    backing.database.stop()
    before = len(server.log())
    parley.start()
    wait_log(server, "ready but for the database", before)
    return server, backing, parley


@pytest.mark.columns("mariadb", "mysql")
def test_serve__starts_without_its_database_and_finds_it(make_server, make_backing):
    server, backing, parley = start_without_database(make_server, make_backing)
    wait_until(lambda: server.http.get("/health/live").status_code == 200, 20, "life", server.stack.parts)
    answer = server.http.get("/auth/setup")
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1
    backing.database.start()
    backing.database.wait()
    wait_until(lambda: server.http.get("/auth/setup").status_code == 200, 30, "the database", server.stack.parts)
    assert parley.alive()


@pytest.mark.columns("mariadb")
def test_serve__ends_when_the_database_that_comes_back_does_not_fit(make_server, make_backing):
    def spoil(query, database):
        query(f"UPDATE {database}.schema_migrations SET checksum = REVERSE(checksum)")

    server, backing, parley = start_without_database(make_server, make_backing, spoil)
    backing.database.start()
    backing.database.wait()
    wait_until(lambda: not parley.alive(), 30, "the end of parley")
    assert parley.stop() == 1
    assert "the database cannot be used" in server.log()


@pytest.mark.columns("mariadb")
def test_serve__ends_when_the_database_server_that_comes_back_has_no_such_database(make_server, make_backing):
    server, backing, parley = start_without_database(make_server, make_backing,
                                                     lambda query, database: query(f"DROP DATABASE {database}"))
    backing.database.start()
    backing.database.wait()
    wait_until(lambda: not parley.alive(), 30, "the end of parley")
    assert parley.stop() == 1
    assert "CREATE DATABASE" in server.log()
