"""`parley reload` and `parley status`: how the command line finds the running processes of its configuration, and asks them."""
import re
import subprocess
import sys

import pytest
from support.waiting import until

pytestmark = pytest.mark.columns("sqlite")


def sockets(server):
    return [str(part.socket) for part in server.stack.parleys]


def test_reload__makes_the_server_take_its_settings(make_server):
    server = make_server(APP_NAME="")
    (server.folder / ".env").write_text("APP_NAME=Another\n", encoding="ascii")
    done = server.command("reload")
    process = server.stack.parleys[0]
    assert (done.returncode, done.stderr) == (0, "") and f"{process.socket}: process {process.pid} was told" in done.stdout
    until(lambda: server.http.get("/health").json()["service"] == "Another")


@pytest.mark.columns("mariadb")
def test_reload_and_status__reach_every_process(make_server):
    server = make_server(processes=2)
    process = server.stack.parleys[0]
    process.env["FCGI_SOCKETS"] = ",".join(sockets(server))
    assert process.command("reload").stdout.count("was told") == 2
    until(lambda: all(part.log.read_text(encoding="utf-8").count("msg=reloaded") == 1 for part in server.stack.parleys))
    lines = process.command("status").stdout.splitlines()
    assert [line.split()[0] for line in lines] == sockets(server)


def test_status__tells_version_uptime_and_each_part(make_server):
    server = make_server(SMTP_URL="smtp://127.0.0.1:1", FROM_EMAIL="parley@example.org")
    process = server.stack.parleys[0]
    version = server.command("version").stdout.split()[1]
    until(lambda: "mail down" in server.command("status").stdout)
    done = server.command("status")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(rf"{process.socket}  pid {process.pid}  up 0m \d+s  {re.escape(version)}  degraded  database ok  "
                        r"store ok  bus off  disk ok  mail down  inference off\n", done.stdout)


@pytest.mark.parametrize("command", ["reload", "status"])
def test_server__that_is_not_running_is_said(parley, command):
    done = parley(command)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1) and "no server is running" in done.stderr


OTHER_PROGRAM = """
import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("listening", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("command", ["reload", "status"])
def test_socket__of_another_program_is_left_alone(parley, tmp_path, command):
    path = str(tmp_path / "other.sock")
    with subprocess.Popen([sys.executable, "-c", OTHER_PROGRAM, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"listening\n"
        done = parley(command, FCGI_SOCKET=path)
        other.stdin.close()
        assert other.wait(20) == 0, "no signal has ended it"
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1) and "is not parley" in done.stderr


@pytest.mark.parametrize("words", [("serve",), ("user", "list"), ("migrate", "up"), ("doctor",)], ids=" ".join)
def test_damaged_database__is_named_with_what_to_do(migrated, tmp_path, words):
    path = tmp_path / "var/parley.db"
    path.write_bytes(b"\xff" * 4096 + path.read_bytes()[4096:])
    done = migrated(*words)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and f"the SQLite database {path} is damaged" in said and f"sqlite3 {path} .recover" in said
