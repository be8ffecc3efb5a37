"""sql/compile.py: what it refuses, and how it puts a statement's texts together."""
import json
import re
import subprocess
import sys

import pytest
from harness.paths import ROOT

pytestmark = pytest.mark.columns("sqlite")

STEP = {"0001_a.up.sql": "CREATE TABLE a (x INTEGER); -- of ; sorts\nCREATE INDEX a_x\n    ON a (x);\n",
        "0001_a.down.sql": "DROP TABLE a;\n"}


EVENTS = ('EVENT(CHAT_CREATED, "chat.created", PUBLIC, KEEPS, "A chat was made")\n'
          'EVENT(KEY_EXPIRED, "key.expired", INTERNAL, ENDS,\n      "A key has come to its end")\n')


class Folder:
    def __init__(self, path):
        self.path = path
        for kind in ("sqlite", "mysql"):
            self.write({f"schema/{kind}/{name}": text for name, text in STEP.items()})
        (path / "queries").mkdir()
        self.write({"events.def": EVENTS})

    def write(self, files):
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text, encoding="utf-8")

    def compile(self):
        return subprocess.run([sys.executable, "-B", str(ROOT / "sql/compile.py"), str(self.path),
                               str(self.path / "events.def"), str(self.path / "out")], capture_output=True, text=True, check=False)

    def statements(self, text):
        self.write({"queries/q.sql": text})
        done = self.compile()
        assert done.returncode == 0, done.stderr
        made = json.loads((self.path / "out/statements.json").read_text(encoding="utf-8"))
        return {s["name"]: s for s in made["statements"]}

    def enums(self, text):
        """{enum: {constant: number}} of the header, without enum sql."""
        self.statements(text)
        header = (self.path / "out/parley/db/statements.h").read_text(encoding="utf-8")
        return {name: {constant: int(at) for constant, at in re.findall(r"(\w+) = (\d+)", rows)}
                for name, rows in re.findall(r"enum (\w+_column) \{(.*?)\}", header, re.S)}

    def refused(self, text, wanted):
        self.write({"queries/q.sql": text})
        done = self.compile()
        assert done.returncode == 1
        assert wanted in done.stderr
        assert not (self.path / "out").exists()


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_compile__makes_something_of_nothing(folder):
    assert folder.compile().returncode == 0
    assert "SQL_COUNT" in (folder.path / "out/parley/db/statements.h").read_text(encoding="utf-8")


@pytest.mark.parametrize("text, sqlite, mysql", [
    ("SELECT 1 -- one ? ;\n  FROM t\nWHERE x = ?;\n", "SELECT 1 FROM t WHERE x = ?", "SELECT 1 FROM t WHERE x = ?"),
    ("SELECT x FROM t\n-- @mysql\nFOR UPDATE\n", "SELECT x FROM t", "SELECT x FROM t FOR UPDATE"),
    ("INSERT INTO t (x)\n-- @mysql\nVALUES (1)\n-- @sqlite\nVALUES (2)\n", "INSERT INTO t (x) VALUES (2)",
     "INSERT INTO t (x) VALUES (1)"),
    ("-- @sqlite\nSELECT 1\n-- @mysql\nSELECT 2\n", "SELECT 1", "SELECT 2"),
    ("INSERT INTO t VALUES (?) ON CONFLICT DO NOTHING\n-- @mysql\nINSERT IGNORE INTO t VALUES (?)\n",
     "INSERT INTO t VALUES (?) ON CONFLICT DO NOTHING", "INSERT IGNORE INTO t VALUES (?)"),
    ("SELECT '-- no ; comment ?' FROM t\n", "SELECT '-- no ; comment ?' FROM t", "SELECT '-- no ; comment ?' FROM t"),
])
def test_compile__puts_the_texts_together(folder, text, sqlite, mysql):
    made = folder.statements("-- name: a\n" + text)["a"]
    assert (made["sqlite"], made["mysql"]) == (sqlite, mysql)


def test_compile__knows_what_a_statement_is(folder):
    made = folder.statements("-- name: a\nWITH x (id) AS (SELECT ?) DELETE FROM t WHERE id IN (SELECT id FROM x)\n"
                             "-- name: b\n-- event: chat.created\nUPDATE chats SET x = ? WHERE workspace_id = ?\n"
                             "-- name: c\n-- tenant: none, a job of all\n-- event: none, because it is a test\nDELETE FROM chats WHERE x = ?\n")
    assert [(s["verb"], s["param_count"], s["tenant"]) for s in made.values()] == [
        ("DELETE", 1, False), ("UPDATE", 2, True), ("DELETE", 1, False)]


@pytest.mark.parametrize("text, wanted", [
    ("-- name: a\nSELECT 1\n-- name: a\nSELECT 2\n", "q.sql:3: a is already at"),
    ("-- name: A b\nSELECT 1\n", "text before the first -- name:"),
    ("-- name: Ab\nSELECT 1\n", "q.sql:1: 'Ab' is not a name"),
    ("-- name: a\n-- name: b\nSELECT 1\n", "q.sql:1: a has no text for sqlite"),
    ("-- name: a\n-- @mysql\nSELECT 1\n", "q.sql:1: a has no text for sqlite"),
    ("-- name: a\nSELECT ?\n-- @mysql\nSELECT ?, ?\n", "q.sql:1: a: 1 ? for sqlite, 2 for mysql"),
    ("-- name: a\nSELECT 1; SELECT 2\n", "q.sql:1: a semicolon in the middle"),
    ("-- name: a\n-- @mysql\nDELETE FROM t\n-- @sqlite\nSELECT 1\n", "different kinds of statement"),
    ("-- name: a\nDROP TABLE t\n", "begins with SELECT"),
    ("-- name: a\nDELETE FROM t RETURNING x\n", "RETURNING"),
    ("-- name: a\nSELECT\n'x\\y'\n", "q.sql:3: a backslash"),
    ("-- name: a\nSELECT \"x\"\n", "opens something that does not end"),
    ("-- name: a\nSELECT ?1\n", "plain ?"),
    ("-- name: a\nSELECT x FROM messages m WHERE m.id = ?\n", "a touches messages and does not name workspace_id"),
    ("-- name: a\n-- tenant: none\nSELECT x FROM messages\n", "-- tenant: none, <reason>"),
    ("-- name: a\n-- @oracle\nSELECT 1\n", "there are @mysql and @sqlite"),
])
def test_compile__refuses(folder, text, wanted):
    folder.refused(text, wanted)


LIST = "-- columns: m = t.id, u.id AS user_id,\n--     t.x\n"


@pytest.mark.parametrize("text, sql", [
    ("-- name: a\nSELECT {m} FROM t\n", "SELECT t.id, u.id AS user_id, t.x FROM t"),
    ("-- name: a\nSELECT 1 FROM (SELECT {m} FROM t) s\n", "SELECT 1 FROM (SELECT t.id, u.id AS user_id, t.x FROM t) s"),
    ("-- name: a\nSELECT y, {m}, COUNT(*) AS n FROM t\n", "SELECT y, t.id, u.id AS user_id, t.x, COUNT(*) AS n FROM t"),
    ("-- name: a\nSELECT {m, x = f(t.y, 1), user_id = NULL} FROM t\n", "SELECT t.id, NULL, f(t.y, 1) FROM t"),
    ("-- columns: n = {m, x = 1}, t.y\n-- name: a\nSELECT {n, id = 2} FROM t\n", "SELECT 2, u.id AS user_id, 1, t.y FROM t"),
    ("-- name: a\nSELECT '{m}' AS braces, {m} FROM t\n", "SELECT '{m}' AS braces, t.id, u.id AS user_id, t.x FROM t"),
])
def test_compile__writes_columns_out(folder, text, sql):
    made = folder.statements(LIST + text)["a"]
    assert (made["sqlite"], made["mysql"]) == (sql, sql)


def test_compile__checks_what_columns_become(folder):
    made = folder.statements("-- columns: m = x.id, x.workspace_id, SUBSTR(x.t, 1, ?) AS head\n"
                             "-- name: a\nSELECT {m} FROM messages x WHERE x.id = ?\n")["a"]
    assert (made["param_count"], made["tenant"]) == (2, True)


def test_compile__makes_enums_of_columns(folder):
    assert folder.enums(LIST + "-- columns: n = {m}, t.y\n"
                        "-- name: one_list\nSELECT {m} FROM t\n"
                        "-- name: more\nSELECT {m}, COUNT(*) AS rows_count, {n} FROM t\n"
                        "-- name: one_column\nSELECT DISTINCT t.z FROM t\n"
                        "-- name: no_name\nSELECT COUNT(*) FROM t\n"
                        "-- name: variants\n-- @sqlite\nSELECT ? AS p, q FROM t\n-- @mysql\nSELECT p, f(?) AS q FROM t\n"
                        ) == {
        "m_column": {"M_ID": 0, "M_USER_ID": 1, "M_X": 2},
        "n_column": {"N_M": 0, "N_Y": 3},
        "more_column": {"MORE_M": 0, "MORE_ROWS_COUNT": 3, "MORE_N": 4},
        "one_column_column": {"ONE_COLUMN_Z": 0},
        "variants_column": {"VARIANTS_P": 0, "VARIANTS_Q": 1},
    }


@pytest.mark.parametrize("text, wanted", [
    ("-- columns: m\n", "q.sql:1: say it as: -- columns: <name>"),
    ("-- columns: M = x\n", "q.sql:1: say it as: -- columns: <name>"),
    (LIST + "-- columns: m = x\n", "q.sql:3: the list m is already at"),
    ("-- columns: m = x, f(y)\n-- name: a\nSELECT {m}\n", "q.sql:1: m: column 2 has no name"),
    ("-- columns: m = x.id, y.id\n-- name: a\nSELECT {m}\n", "q.sql:1: m: two columns are called id"),
    ("-- columns: m = x.id\n-- columns: n = {m}, y.id\n-- name: a\nSELECT {n}\n", "q.sql:2: n: two columns are called id"),
    (LIST + "-- name: a\nSELECT x FROM t\n", "q.sql:1: no statement uses the columns {m}"),
    ("-- name: a\nSELECT {m} FROM t\n", "q.sql:1: {m}: there is no such list"),
    (LIST + "-- name: a\nSELECT {m, z = 1} FROM t\n", "q.sql:3: {m}: z = 1: say a column of it"),
    (LIST + "-- name: a\nSELECT {m FROM t\n", "q.sql:3: {"),
    ("-- name: a\nSELECT x, COUNT(*) FROM t\n", "q.sql:1: a: column 2 has no name"),
    ("-- name: a\nSELECT b_c FROM t\n-- name: a_b\nSELECT c FROM t\n", "A_B_C is already a column of a at q.sql:1"),
    (LIST + "-- name: m\nSELECT {m}, y FROM t\n", "m is already the name of m at q.sql:1"),
    ("-- name: a\n-- @sqlite\nSELECT x, y FROM t\n-- @mysql\nSELECT y, x FROM t\n", "the variants do not have the same columns"),
])
def test_compile__refuses_columns(folder, text, wanted):
    folder.refused(text, wanted)


@pytest.mark.parametrize("text", [
    "INSERT INTO chats (workspace_id) VALUES (?)", "UPDATE chats SET x = ? WHERE workspace_id = ?",
    "DELETE FROM chats WHERE workspace_id = ?", "INSERT INTO sessions (x) SELECT y FROM t",
    "WITH a (x) AS (VALUES (?)) UPDATE chats SET workspace_id = a.x FROM a",
    "UPDATE t JOIN chats c ON c.id = t.id SET c.workspace_id = ?",
    "-- @sqlite\nDELETE FROM t\n-- @mysql\nDELETE FROM users",
])
def test_compile__asks_each_change_of_a_live_table_for_its_event(folder, text):
    folder.refused(f"-- name: a\n{text}\n", "q.sql:1: a changes ")
    made = folder.statements(f"-- name: a\n-- event: chat.created, key.expired\n{text}\n"
                             f"-- name: b\n-- event: none, because it is seen by nobody\n{text}\n")
    assert [s["events"] for s in made.values()] == [["chat.created", "key.expired"], []]


@pytest.mark.parametrize("text", [
    "SELECT id FROM sessions", "DELETE FROM t WHERE x IN (SELECT id FROM users)", "INSERT INTO t (x) SELECT id FROM users",
    "UPDATE t SET x = (SELECT MAX(id) FROM users)", "DELETE FROM t WHERE users = ?",
])
def test_compile__asks_none_that_only_looks_at_a_live_table(folder, text):
    folder.refused(f"-- name: a\n-- event: chat.created\n{text}\n", "q.sql:1: a changes no live table")
    assert folder.statements(f"-- name: a\n{text}\n")["a"]["events"] == []


@pytest.mark.parametrize("mark, wanted", [
    ("chat.create", "q.sql:2: a: events.def has no kind 'chat.create'"),
    ("chat.created key.expired", "q.sql:2: a: events.def has no kind"),
    ("none", "q.sql:2: a: say it as: -- event: none, because <reason>"),
    ("none, because", "q.sql:2: a: say it as: -- event: none, because <reason>"),
    ("chat.created\n-- event: key.expired", "q.sql:3: a has -- event: twice"),
])
def test_compile__refuses_marks(folder, mark, wanted):
    folder.refused(f"-- name: a\n-- event: {mark}\nDELETE FROM users WHERE id = ?\n", wanted)


@pytest.mark.parametrize("events, wanted", [
    (EVENTS.replace("CHAT_CREATED", "KEY_EXPIRED"), "two kinds have the identifier KEY_EXPIRED"),
    (EVENTS.replace("chat.created", "key.expired"), "two kinds have the name key.expired"),
    (EVENTS.replace("KEEPS", "MAYBE"), "a row is EVENT("),
    ("", "a row is EVENT("),
])
def test_compile__refuses_kinds(folder, events, wanted):
    folder.write({"events.def": events})
    folder.refused("", wanted)


def test_compile__splits_steps_and_sums_them_without_comments(folder):
    folder.statements("")
    path = folder.path / "out/statements.json"
    before = json.loads(path.read_text(encoding="utf-8"))["schema"]["sqlite"][0]
    assert before["up"] == ["CREATE TABLE a (x INTEGER)", "CREATE INDEX a_x ON a (x)"]
    folder.write({"schema/sqlite/0001_a.up.sql": "-- said better\n" + STEP["0001_a.up.sql"]})
    folder.statements("")
    assert json.loads(path.read_text(encoding="utf-8"))["schema"]["sqlite"][0]["checksum"] == before["checksum"]


@pytest.mark.parametrize("files, wanted", [
    ({"sqlite/0003_b.up.sql": "SELECT 1;", "mysql/0003_b.up.sql": "SELECT 1;"}, "a gap: step 0002 is missing"),
    ({"sqlite/0002_b.up.sql": "SELECT 1;", "sqlite/0002_b.down.sql": "SELECT 1;"}, "mysql has no step 0002_b"),
    ({"sqlite/0002_b.up.sql": "SELECT 1;", "mysql/0002_b.up.sql": "SELECT 1;"}, "step 0002 has no down.sql"),
    ({"sqlite/0001_b.up.sql": "SELECT 1;"}, "step 0001 is already called a"),
    ({"sqlite/0001_a.up.sql": "SELECT 1"}, "does not end with ;"),
    ({"sqlite/0001_a.up.sql": "-- nothing\n"}, "no statement"),
    ({"sqlite/first.sql": "SELECT 1;"}, "a step is called NNNN_name.up.sql"),
])
def test_compile__refuses_steps(folder, files, wanted):
    folder.write({f"schema/{name}": text for name, text in files.items()})
    folder.refused("", wanted)


def test_compile__leaves_alone_what_would_not_change(folder):
    folder.statements("-- name: a\nSELECT 1\n")
    header = folder.path / "out/parley/db/statements.h"
    before = header.stat().st_mtime_ns
    folder.statements("-- name: a\nSELECT 2\n")
    assert header.stat().st_mtime_ns == before
