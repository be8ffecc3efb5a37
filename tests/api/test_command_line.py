"""`parley` on the command line: its words, its exit codes, what it prints where."""
import json
import os
import pty
import select
import signal
import stat
import termios

import pytest
from harness.parley import base_environment

pytestmark = pytest.mark.columns("sqlite")

PASSWORD = "a long enough secret"


def add(parley, email, *options, password=PASSWORD):
    return parley("user", "add", email, *options, "--password-stdin", stdin=password + "\n")


@pytest.mark.parametrize("words", [
    (), ("srve",), ("--nonsense",), ("--env-file",), ("serve", "now"), ("serve", "--port"), ("version", "2"),
    ("config", "--format"), ("config", "--format", "xml"), ("config", "all"), ("openapi", "--yaml"), ("migrate",),
    ("migrate", "sideways"), ("migrate", "down"), ("migrate", "up", "x"), ("migrate", "up", "-1"),
    ("migrate", "status", "1"), ("user",), ("user", "drop"), ("user", "add"), ("user", "add", "nobody"),
    ("user", "add", "a@b", "c@d"), ("user", "list", "all"), ("user", "add", "a@b", "--admin=yes"), ("key",),
    ("user", "list", "--password-stdin"), ("user", "list", "--admin"), ("user", "add", "alice@example.org", "--query", "a"),
    ("user", "passwd", "alice@example.org", "--admin"), ("user", "reset-2fa", "alice@example.org", "--password-stdin"),
    ("audit", "export", "--known", "1:" + 64 * "0"),
    ("key", "rotate", "now"), ("help", "nothing"), ("help", "user", "add"), ("help", "--man", "user"), ("completion",),
    ("completion", "tcsh"), ("user", "sessions", "alice@example.org", "--erase-messages"), ("user", "promote"),
    ("audit",), ("audit", "forget"), ("audit", "verify", "now"), ("audit", "verify", "--known"),
], ids=" ".join)
def test_wrong_use__is_one_line_and_2(parley, words):
    done = parley(*words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("parley") and "--help" in done.stderr


def test_version__is_printed(parley):
    assert parley("version").stdout == parley("--version").stdout
    assert parley("version").stdout.startswith("parley 0.")


def test_openapi__is_json(parley):
    document = json.loads(parley("openapi").stdout)
    assert document["openapi"].startswith("3.1") and "/auth/login" in document["paths"]


def test_config__tells_value_and_source(parley, tmp_path):
    (tmp_path / ".env").write_text("WORKERS=3\nMYSQL_USER=alice\n", encoding="ascii")
    rows = {line.split()[0]: line.split()[1:3] for line in parley("config", MYSQL_USER="bob").stdout.splitlines() if line}
    assert rows["WORKERS"] == ["3", "file"]
    assert rows["MYSQL_USER"] == ["bob", "environment"]
    assert rows["BCRYPT_ROUNDS"] == ["12", "default"]


def test_config__reads_the_named_file_only(parley, tmp_path):
    (tmp_path / ".env").write_text("WORKERS=3\n", encoding="ascii")
    (tmp_path / "other").write_text("MYSQL_USER=carol\n", encoding="ascii")
    text = parley("--env-file", "other", "config").stdout
    assert "carol" in text and "WORKERS                     16 " in text
    missing = parley("--env-file", "nowhere", "config")
    assert missing.returncode == 1 and missing.stderr.count("\n") == 1


def test_config__hides_secrets(parley):
    text = parley("config", MYSQL_PASSWORD="hunter2", DATABASE_URL="mysql://a:hunter2@h/c", SETUP_TOKEN="hunter2").stdout
    assert "hunter2" not in text and text.count("***") == 3


def test_config__tells_all_faults_at_once(parley):
    done = parley("config", BCRYPT_ROUNDS="99", MINIO_ENDPONT="x", REDIS_URL="rediss://h", WORKERS="many")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 4)
    assert "did you mean MINIO_ENDPOINT?" in done.stderr


def test_config__names_what_is_set_and_not_used(parley):
    assert "JWT_ALGORITHM is set but not used" in parley("config", JWT_ALGORITHM="HS256").stdout


def test_config__env_example_sets_nothing(parley, tmp_path):
    text = parley("config", "--format", "env", WORKERS="3").stdout
    assert "#WORKERS=16\n" in text
    assert all(not line or line.startswith("#") for line in text.splitlines())
    # Taken as a whole with every # before a setting removed, it is what stands without it.
    lines = [line[1:] if line[:1] == "#" and line[1:2] not in ("", " ") else line for line in text.splitlines()]
    (tmp_path / "all").write_text("\n".join(lines), encoding="utf-8")
    values = [[line.split()[:2] for line in parley(*file, "config").stdout.splitlines() if line]
              for file in ([], ["--env-file", "all"])]
    assert values[0] == values[1]


def test_config__markdown_is_the_same_everywhere(parley):
    assert parley("config", "--format", "markdown").stdout == parley("config", "--format=markdown", WORKERS="3").stdout


def test_migrate__up_status_down_and_stamp(parley):
    assert parley("migrate", "up", "1").returncode == 0
    assert "pending" in parley("migrate", "status").stdout
    assert parley("migrate", "up").returncode == 0
    assert "pending" not in parley("migrate", "status").stdout
    assert parley("migrate", "up").stdout == "There was nothing to do.\n"
    assert parley("migrate", "down", "0").returncode == 0
    assert "applied" not in parley("migrate", "status").stdout
    assert parley("migrate", "stamp", "1").returncode == 0
    assert parley("migrate", "status").stdout.startswith("0001 base applied ")


def test_migrate__unknown_version_is_one_line_and_1(parley):
    done = parley("migrate", "up", "999")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_user__add_list_and_passwd(migrated):
    assert add(migrated, "Alice@Example.org", "--admin", "--first-name", "Alice").stdout.endswith(
        " alice@example.org ADMIN\n")
    assert add(migrated, "bob@example.org", "--username", "bobby").returncode == 0
    lines = migrated("user", "list").stdout.splitlines()
    assert [line.split()[1:3] + line.split()[4:] for line in lines] == [
        ["ADMIN", "active", "alice", "alice@example.org"], ["USER", "active", "bobby", "bob@example.org"]]
    assert [line.split()[-1] for line in migrated("user", "list", "--query", "bobb").stdout.splitlines()] == [
        "bob@example.org"]
    assert migrated("user", "passwd", "bob@example.org", "--password-stdin", stdin="another secret\n").returncode == 0


@pytest.mark.parametrize("email,password,part", [
    ("alice@example.org", PASSWORD, "already exists"), ("bob@example.org", "short", "at least 8 bytes"),
    ("bob@example.org", "x" * 73, "at most 72 bytes"), ("bob@example.org", "", "no password"),
    ("bobby.long@example.org", "bobby.long", "must not be"),
])
def test_user__refusals_are_one_line_and_1(migrated, email, password, part):
    assert add(migrated, "alice@example.org").returncode == 0
    done = add(migrated, email, password=password)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1) and part in done.stderr


def test_user__unknown_address_is_one_line_and_1(migrated):
    done = migrated("user", "passwd", "nobody@example.org", "--password-stdin", stdin=PASSWORD + "\n")
    assert (done.returncode, done.stderr) == (1, "parley user: User not found\n")


def test_user__says_when_the_schema_is_not_there(parley, tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var/parley.db").touch(0o600)
    done = parley("user", "list")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1) and "migrate" in done.stderr


@pytest.mark.parametrize("words", [("doctor",), ("user", "list"), ("migrate", "status"), ("audit", "verify"), ("reindex",)],
                         ids=" ".join)
def test_database__that_is_not_there_is_made_by_nobody_who_only_asks(parley, tmp_path, words):
    """A file that root made by asking would stop the start of the server's own user."""
    done = parley(*words)
    assert done.returncode == 1 and "there is no database" in done.stdout + done.stderr
    assert not list(tmp_path.rglob("parley.db*"))


def read_until(fd, text):
    seen = b""
    while text not in seen:
        assert select.select([fd], [], [], 20)[0], f"waited for {text!r} and saw {seen!r}"
        seen += os.read(fd, 1000)
    return seen


def test_user__password_is_typed_twice_without_echo(binary, migrated, tmp_path):
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execve(binary, [str(binary), "user", "add", "carol@example.org"], base_environment())
    seen = read_until(fd, b"Password: ")
    os.write(fd, PASSWORD.encode() + b"\n")
    seen += read_until(fd, b"again: ")
    os.write(fd, PASSWORD.encode() + b"\n")
    seen += read_until(fd, b"USER")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(fd)
    assert PASSWORD.encode() not in seen


def test_user__two_different_passwords_make_no_account(binary, migrated, tmp_path):
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execve(binary, [str(binary), "user", "add", "carol@example.org"], base_environment())
    read_until(fd, b"Password: ")
    os.write(fd, PASSWORD.encode() + b"\n")
    read_until(fd, b"again: ")
    os.write(fd, b"something else\n")
    read_until(fd, b"differ")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    os.close(fd)
    assert migrated("user", "list").stdout == ""


def test_user__ctrl_c_at_the_question_leaves_the_echo_on(binary, migrated, tmp_path):
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # who runs the tests in the background ignores it
        os.execve(binary, [str(binary), "user", "add", "carol@example.org"], base_environment())
    read_until(fd, b"Password: ")
    assert not termios.tcgetattr(fd)[3] & termios.ECHO
    os.write(fd, b"abc\x03")
    read_until(fd, b"\n")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGINT
    assert termios.tcgetattr(fd)[3] & termios.ECHO
    os.close(fd)


def test_key__rotate_keeps_the_old_public_key(migrated, tmp_path):
    assert migrated("key", "adopt").returncode == 0
    first = (tmp_path / "var/keys/public.pem").read_text(encoding="ascii")
    assert migrated("key", "rotate").returncode == 0
    kept = [p.read_text(encoding="ascii") for p in (tmp_path / "var/keys").glob("public-*.pem")]
    assert first in kept and first != (tmp_path / "var/keys/public.pem").read_text(encoding="ascii")
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in (tmp_path / "var/keys").iterdir())


def test_key__rotate_without_keys_makes_none(migrated, tmp_path):
    done = migrated("key", "rotate")
    assert (done.returncode, done.stdout) == (1, "") and "there are no keys" in done.stderr
    assert not (tmp_path / "var/keys").exists()


@pytest.fixture
def foreign(migrated, tmp_path):
    """The settings of another server's keys over this server's database."""
    other = {"VAR_DIR": str(tmp_path / "other")}
    assert migrated("key", "adopt").returncode == 0
    assert migrated("migrate", "up", **other).returncode == 0 and migrated("key", "adopt", **other).returncode == 0
    return {"KEYS_DIR": str(tmp_path / "other/keys")}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("words", [
    ("key", "rotate"), ("user", "add", "eve@example.org", "--password-stdin"), ("user", "promote", "root@example.org"),
    ("user", "passwd", "root@example.org", "--password-stdin"), ("audit", "export")], ids=" ".join)
def test_foreign_keys__are_refused_before_anything_is_written(migrated, foreign, tmp_path, words):
    assert add(migrated, "root@example.org").returncode == 0
    keys = contents(tmp_path / "other/keys")
    done = migrated(*words, stdin=PASSWORD + "\n", **foreign)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "belongs to a server with other keys" in done.stderr
    assert contents(tmp_path / "other/keys") == keys
    assert migrated("user", "list").stdout.split()[1] == "USER"
    actions = [json.loads(line)["action"] for line in migrated("audit", "export").stdout.splitlines()]
    assert actions == ["server.signing_keys_adopted", "user.created", "server.audit_exported"]


def test_foreign_keys__do_not_hinder_reading(migrated, foreign):
    assert migrated("user", "list", **foreign).returncode == 0
    assert "pending" not in migrated("migrate", "status", **foreign).stdout


@pytest.mark.parametrize("words", [("migrate", "up"), ("migrate", "down", "0"), ("migrate", "stamp", "1"), ("serve",)],
                         ids=" ".join)
def test_foreign_keys__change_no_schema(migrated, foreign, words):
    assert migrated("migrate", "down", "7").returncode == 0
    before = migrated("migrate", "status").stdout
    done = migrated(*words, **foreign)
    assert done.returncode == 1 and "belongs to a server with other keys" in done.stderr
    assert migrated("migrate", "status").stdout == before
