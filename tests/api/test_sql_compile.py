"""sql/compile.py: what it refuses, and how it puts a statement's texts together."""
import json
import subprocess
import sys

import pytest
from harness.paths import ROOT

pytestmark = pytest.mark.columns("sqlite")

STEP = {"0001_a.up.sql": "CREATE TABLE a (x INTEGER); -- of ; sorts\nCREATE INDEX a_x\n    ON a (x);\n",
        "0001_a.down.sql": "DROP TABLE a;\n"}


class Folder:
    def __init__(self, path):
        self.path = path
        for kind in ("sqlite", "mysql"):
            self.write({f"schema/{kind}/{name}": text for name, text in STEP.items()})
        (path / "queries").mkdir()

    def write(self, files):
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text, encoding="utf-8")

    def compile(self):
        return subprocess.run([sys.executable, "-B", str(ROOT / "sql/compile.py"), str(self.path),
                               str(self.path / "out")], capture_output=True, text=True, check=False)

    def statements(self, text):
        self.write({"queries/q.sql": text})
        done = self.compile()
        assert done.returncode == 0, done.stderr
        made = json.loads((self.path / "out/statements.json").read_text(encoding="utf-8"))
        return {s["name"]: s for s in made["statements"]}

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
                             "-- name: b\nUPDATE chats SET x = ? WHERE workspace_id = ?\n"
                             "-- name: c\n-- tenant: none, a job of all\nDELETE FROM chats WHERE x = ?\n")
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
