"""The chain of the audit log: sealed by a job, checked by `parley audit verify`, printed by `parley audit export`."""
import base64
import hashlib
import json

import pytest
from support.deep import Deep
from support.races import at_once, statuses
from support.waiting import until

pytestmark = pytest.mark.mysql

COLUMNS = ("id, uuid, at_us, action, actor, actor_key_id, actor_name, ip, salt, digest, target_kind, target, target_key_id, "
           "request_id, details, position, previous_hash, hash")


def verify(server, *options):
    return server.command("audit", "verify", *options)


def is_sealed(deep):
    return deep.count("audit", "position IS NULL") == 0


def seal(deep):
    deep.wake()
    until(lambda: is_sealed(deep))


class Log:
    """A sealed log of some rows, whose server has ended. Each test does to it what it likes."""

    def __init__(self, server):
        self.server = server
        self.deep = Deep(server)
        admin = server.setup()
        for _ in range(4):
            server.person(admin)
        seal(self.deep)
        for parley in server.stack.parleys:
            parley.stop()
        self.end = int(self.deep.rows("SELECT MAX(position) FROM audit")[0][0])
        self.deep.rows("CREATE TABLE audit_kept AS SELECT * FROM audit")
        self.deep.rows("CREATE TABLE audit_head_kept AS SELECT * FROM audit_head")

    def restore(self):
        for table in ("audit", "audit_head"):
            self.deep.rows(f"DELETE FROM {table}")
            self.deep.rows(f"INSERT INTO {table} SELECT * FROM {table}_kept")

    def do(self, *statements):
        for statement in statements:
            self.deep.rows(statement)

    def shift(self, by, where):
        """Other positions for some rows; by way of negative ones, since each is there only once."""
        self.do(f"UPDATE audit SET position = -(position + {by}) WHERE {where}",
                "UPDATE audit SET position = -position WHERE position < 0")

    def name(self, position):
        """How verification names the row at a position."""
        number, uuid = self.deep.rows(f"SELECT id, LOWER(HEX(uuid)) FROM audit WHERE position = {position}")[0]
        uuid = "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))
        return f"position {position}, row {number} ({uuid}): "

    def faults(self, *options):
        """What verification says is wrong, a line each without its beginning; the last one counts them."""
        done = verify(self.server, *options)
        lines = [line.removeprefix("parley audit: ") for line in done.stderr.splitlines()]
        assert done.returncode == (1 if lines else 0), done.stderr
        if lines:
            assert lines.pop() == f"the audit log was tampered with: {len(lines)} faults"
            assert "The chain is whole" not in done.stdout
        return lines


@pytest.fixture(scope="module")
def sealed(maker, backing):
    server = maker.make(backing)
    yield Log(server)
    server.close()


@pytest.fixture
def log(sealed):
    sealed.restore()
    return sealed


def test_verify__whole_chain_is_0_and_says_where_it_ends(log):
    done = verify(log.server)
    assert (done.returncode, done.stderr) == (0, "")
    end = done.stdout.splitlines()[-1]
    hash_ = log.deep.rows(f"SELECT LOWER(HEX(hash)) FROM audit WHERE position = {log.end}")[0][0]
    assert end == f"{log.end}:{hash_}" and log.end >= 10
    assert log.faults("--known", end) == []


@pytest.mark.parametrize("change", ["action = 'auth.signed_out'", "at_us = at_us - 1", "details = '{\"a\": 1}'",
                                    "target = NULL", "actor = NULL", "actor_name = 'mallory@example.org'",
                                    "ip = '192.0.2.9'", "request_id = NULL", "target_key_id = 1", "salt = NULL"])
def test_verify__names_a_changed_row(log, change):
    position = int(log.deep.rows("SELECT MIN(position) FROM audit WHERE actor_name IS NOT NULL AND position > 2")[0][0])
    log.do(f"UPDATE audit SET {change} WHERE position = {position}")
    assert log.faults() == [log.name(position) + "changed since it was sealed"]


def test_verify__names_what_is_missing(log):
    log.do("DELETE FROM audit WHERE position IN (3, 4, 7)")
    assert log.faults() == ["position 3 to 4: removed, 2 in all", "position 7 to 7: removed, 1 in all"]


def test_verify__misses_the_last_row(log):
    log.do(f"DELETE FROM audit WHERE position = {log.end}")
    assert log.faults() == [f"position {log.end} to {log.end}: removed, 1 in all"]


def test_verify__misses_a_row_behind_new_numbers(log):
    log.do("DELETE FROM audit WHERE position = 5")
    log.shift(-1, "position > 5")
    log.do("UPDATE audit_head SET position = position - 1")
    assert log.faults() == [log.name(4) + "replaced, or a row after it was removed"]


def test_verify__names_an_added_row(log):
    log.shift(1, "position >= 5")
    log.do("UPDATE audit_head SET position = position + 1",
           f"INSERT INTO audit ({COLUMNS}) SELECT 900, {COLUMNS.removeprefix('id, ').replace(' position', ' 5')} "
           "FROM audit WHERE position = 6")
    assert log.name(5) + "changed since it was sealed" in log.faults()
    assert log.name(5) + "added; it was not sealed where it stands" in log.faults()


def test_verify__names_a_row_added_at_the_end(log):
    log.do(f"INSERT INTO audit ({COLUMNS}) SELECT 900, {COLUMNS.removeprefix('id, ').replace(' position', ' position + 1')} "
           f"FROM audit WHERE position = {log.end}")
    assert log.name(log.end + 1) + "added; it was not sealed where it stands" in log.faults()


def test_verify__names_rows_that_changed_places(log):
    log.do("UPDATE audit SET position = -1 WHERE position = 4", "UPDATE audit SET position = 4 WHERE position = 7",
           "UPDATE audit SET position = 7 WHERE position = -1")
    faults = log.faults()
    assert faults[0] == log.name(4) + "moved; it was sealed after the row that now is at position 6"
    assert log.name(7) + "moved; it was sealed after the row that now is at position 3" in faults


def test_verify__known_end_shows_a_log_that_was_set_back(log):
    known = verify(log.server).stdout.splitlines()[-1]
    log.do("DELETE FROM audit WHERE position > 5")
    log.do("UPDATE audit_head SET position = 5, hash = (SELECT hash FROM audit WHERE position = 5)")
    assert log.faults() == []
    assert log.faults("--known", known) == [f"position 6 to {log.end}: removed, {log.end - 5} in all"]


def test_verify__known_hash_that_is_another(log):
    assert log.faults("--known", f"3:{'0' * 64}") == [log.name(3) + "not the row that is known to have been here"]


@pytest.mark.parametrize("known", ["", "3", "3:", "0:" + "0" * 64, "x:" + "0" * 64, "3:" + "0" * 63, "3:" + "g" * 64])
def test_verify__known_that_is_none_is_wrong_use(log, known):
    done = verify(log.server, "--known", known)
    assert done.returncode == 2 and "--known" in done.stderr


def netstring(value):
    if value is None:
        return b"-,"
    data = str(value).encode()
    return str(len(data)).encode() + b":" + data + b","


HASHED = ("id", "uuid", "at_us", "action", "actor", "actor_key_id", "target_kind", "target", "target_key_id", "request_id",
          "details", "digest")


def test_export__can_be_checked_by_others(log):
    done = log.server.command("audit", "export")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(rows) == log.end + 1
    assert (rows[-1]["action"], rows[-1]["position"]) == ("server.audit_exported", None)
    previous = bytes(32)
    for number, row in enumerate(sorted(rows[:-1], key=lambda r: r["position"]), 1):
        digest = hashlib.sha256(base64.b64decode(row["salt"]) + netstring(row["actor_name"]) + netstring(row["ip"]))
        assert (row["position"], row["digest"]) == (number, digest.hexdigest())
        hash_ = hashlib.sha256(previous + b"".join(netstring(row[name]) for name in HASHED))
        assert (row["previous_hash"], row["hash"]) == (previous.hex(), hash_.hexdigest())
        previous = hash_.digest()


def test_rows__are_sealed_and_shown_with_their_hash(make_server):
    server = make_server()
    deep = Deep(server)
    admin = server.setup()
    seal(deep)
    rows = admin.ok("GET", "/audit", 200)
    assert all(len(r["hash"]) == 64 for r in rows)
    shown = deep.rows("SELECT LOWER(HEX(hash)) FROM audit ORDER BY id DESC")
    assert [r["hash"] for r in rows] == [h for (h,) in shown]


def test_chain__is_whole_while_all_processes_write_and_seal(make_server, processes):
    server = make_server(processes)
    deep = Deep(server)
    admin = server.setup()
    people = [server.person(admin) for _ in range(4)]

    def act(i):
        deep.rows("DELETE FROM job_leases")  # as if they had run out while their holders went on
        deep.wake()
        if i % 3 == 0:
            return server.http.post("/auth/login", json={"email": people[i % 4].email, "password": "wrong"})
        return people[i % 4].post("/workspaces", json={"name": "W"})

    answers = at_once(24, act)
    assert statuses(answers) == {401: 8, 201: 16}
    assert verify(server).returncode == 0
    seal(deep)
    done = verify(server)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{deep.count('audit')} rows are sealed, 0 wait" in done.stdout


def test_erased_user__leaves_a_whole_chain(make_server):
    server = make_server()
    deep = Deep(server)
    admin = server.setup()
    person = server.person(admin)
    person.workspace()
    seal(deep)
    admin.ok("DELETE", f"/users/{person.id}", 204)
    seal(deep)
    done = verify(server)
    assert (done.returncode, done.stderr) == (0, "")
    assert person.email not in server.command("audit", "export").stdout
    deep.later("audit_erasures", ["due_us"], 1)
    deep.wake()
    until(lambda: deep.count("audit_erasures") == 0)
    assert verify(server).returncode == 0


def test_erased_user__late_rows_are_erased_by_the_job(make_server):
    server = make_server()
    deep = Deep(server)
    admin = server.setup()
    person = server.person(admin)
    person.workspace()
    admin.ok("DELETE", f"/users/{person.id}", 204)
    deep.rows("UPDATE audit SET actor_name = 'late@example.org', salt = digest WHERE action = 'workspace.created'"
              if server.column == "sqlite" else
              "UPDATE audit SET actor_name = 'late@example.org', salt = LEFT(digest, 16) WHERE action = 'workspace.created'")
    deep.later("audit_erasures", ["due_us"], 1)
    deep.wake()
    until(lambda: deep.count("audit", "actor_name = 'late@example.org'") == 0)


def test_sign_in__is_refused_rather_than_left_unwritten(make_server):
    """The row is part of the action's transaction: where it cannot be written nothing happens."""
    server = make_server()
    deep = Deep(server)
    admin = server.setup()
    person = server.person(admin)
    deep.rows("ALTER TABLE audit RENAME TO audit_away")
    try:
        answer = server.http.post("/auth/login", json={"email": person.email, "password": person.password})
        assert answer.status_code >= 500
        assert admin.post("/workspaces", json={"name": "W"}).status_code >= 500
    finally:
        deep.rows("ALTER TABLE audit_away RENAME TO audit")
    assert len(person.ok("GET", "/auth/sessions")) == 1 and len(admin.ok("GET", "/workspaces")) == 1
