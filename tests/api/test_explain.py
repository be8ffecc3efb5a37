"""What the databases intend to do with each statement: none may read the whole of a table that grows."""
import json
import os
import re
import subprocess
import uuid

import pytest
from harness.paths import program

from support.seeded import Schema, insert_statements, literal

# Tables that stay small, however large the server grows.
SMALL = {"schema_migrations", "singletons", "job_leases", "key_fingerprints", "audit_head", "sequencer", "people_version",
         "nodes", "figures", "providers_version"}

# A statement that the optimizer expects to look at more rows is named too: an index that leads to half of the table.
ROWS_MANY = 1000

# statement: why it may.
ALLOWED = {
    "api_key_list": "a page of all keys in the order of their ids, for administrators; LIMIT ends it",
    "audit_chain": "a page of the audit log's chain, to verify it; LIMIT ends it",
    "audit_export": "a page of the audit log in the order of its ids, to export it; LIMIT ends it",
    "event_log_after": "what is new at the end of the event log; LIMIT ends it",
    "event_log_expired": "the oldest rows of the event log, to delete them; LIMIT ends it",
    "figures_chats": "a job sums the chats of all workspaces once a minute",
    "figures_log_end": "what is new at the end of the event log; LIMIT ends it",
    "figures_people": "a job sums all accounts once a minute",
    "figures_workspaces": "a job sums all workspaces once a minute",
    "health_counts": "how much there is, for whoever runs the server; LIMIT ends it",
    "health_files": "how many files there are, for whoever runs the server; LIMIT ends it",
    "index_queue_next": "the newest rows of the queue; LIMIT ends it",
    "invitation_email_page": "a page of all invitations in the order of their ids, once after an update; LIMIT ends it",
    "model_all": "every model, for the snapshot of a process, once after one was changed",
    "posted_lately": "the minutes of seven days, of which there are 10,080",
    "posted_most": "the end of an index; LIMIT ends it",
    "provider_all": "every provider, for the snapshot of a process, once after one was changed",
    "provider_key_page": "a page of all keys in the order of their ids, when the sealing key changes; LIMIT ends it",
    "reconcile_attachments": "a page of all files in the order of their ids, by hand; LIMIT ends it",
    "reindex_messages": "a page of all messages in the order of their ids, by hand; LIMIT ends it",
    "retention_workspace_next": "the next workspace that keeps messages for some time only; LIMIT ends it",
    "signals_after": "what other processes told in the last seconds; LIMIT ends it",
    "signals_expired": "the oldest rows of the signals, to delete them; LIMIT ends it",
    "totp_page": "a page of all secrets in the order of their ids, when the sealing key changes; LIMIT ends it",
    "usage_tokens": "the sums by days, for whoever runs the server",
    "usage_tokens_of_providers": "the sums by days, for whoever runs the server",
    "usage_tokens_of_workspaces": "the sums by days, for whoever runs the server",
    "work_signals": "the oldest row of the signals; LIMIT ends it",
    "word_runs_next": "the first runs of words in the order of their key, to take them apart by hand; LIMIT ends it",
    "workspace_overview": "a page of all workspaces in the order of their ids, for administrators; LIMIT ends it",
    "usage_report": "an administrator's report over the sums of at most a year of days",
    "user_email_page": "a page of all users in the order of their ids, once after an update; LIMIT ends it",
    "user_list": "a page of all users in the order of their ids, for administrators; LIMIT ends it",
    "user_search": "an administrator's search in names and addresses; as many rows as there are users",
    "user_stats": "an administrator's figures over all users",
}

_PARAM = re.compile(r"([a-z_][a-z0-9_]*\.)?([a-z_][a-z0-9_]*)\s*(=|<=|>=|<>|<|>|\bLIKE)\s*(?:COALESCE\()?$", re.I)
_BESIDE = {"<": 1, ">": -1, "<>": 1}
_IN = re.compile(r"([a-z_][a-z0-9_]*\.)?([a-z_][a-z0-9_]*)\s+(IN)\s*\([^()]*$", re.I)
# Any one row: reading ends with the first.
_FIRST_ROW = re.compile(r"SELECT [^()]+ FROM \w+ LIMIT 1")
_ALIAS = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+([a-z_]+)(?:\s+(?:AS\s+)?([a-z_]+))?", re.I)
_KEYWORDS = {"where", "join", "left", "on", "set", "order", "limit", "group", "using", "inner", "values", "for", "select"}


@pytest.fixture(scope="module")
def compiled(binary):
    return json.loads((binary.parent / "generated/statements.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def schema(compiled):
    return Schema(compiled["schema"]["sqlite"])


def names_of(schema, sql):
    """{alias: table} of a statement; a table is also its own alias."""
    found = {}
    for table, alias in _ALIAS.findall(sql):
        if table in schema.tables:
            found[table] = table
            if alias and alias.lower() not in _KEYWORDS:
                found[alias] = table
    return found


def value_for(schema, names, head):
    """A value for the ? that follows `head`: the picked row's, so that the optimizer finds what it looks up at once."""
    if re.search(r"LIMIT\s*$", head, re.I):
        return 50
    if re.search(r"OFFSET\s*$", head, re.I):
        return 0
    match = _PARAM.search(head) or _IN.search(head)
    if not match:
        return 1
    alias = (match[1] or "").rstrip(".")
    tables = [names[alias]] if alias in names else list(dict.fromkeys(names.values()))
    for table in tables:
        # Their one row is the schema's own; nothing is seeded there.
        value = 1 if table in ("people_version", "providers_version") else schema.picked(table, match[2])
        if value is not None:
            if isinstance(value, bytes) and match[3] == "<":
                return value + b"\xff"
            return value + _BESIDE.get(match[3], 0) if isinstance(value, int) else value
    return 1


def filled(schema, sql):
    names = names_of(schema, sql)
    pieces = re.split(r"\?", sql)
    text = pieces[0]
    for piece in pieces[1:]:
        text += literal(value_for(schema, names, text)) + piece
    return text


def to_explain(compiled, kind):
    """The statements that look for rows."""
    return [(s["name"], s[kind]) for s in compiled["statements"]
            if (s["verb"] != "INSERT" or re.search(r"\bSELECT\b", s[kind], re.I)) and not _FIRST_ROW.fullmatch(s[kind])]


def judge(scans):
    """scans: {statement: [what it scans]}"""
    faults = [f"{name}: {', '.join(what)}" for name, what in sorted(scans.items()) if what and name not in ALLOWED]
    assert not faults, "statements that read too much of a table that grows:\n" + "\n".join(faults)


def is_scan(schema, names, step):
    """A step that reads a whole table that grows. A partial index holds only the rows that are wanted."""
    words = step.split()
    if words[0] != "SCAN" or names.get(words[1], "singletons") in SMALL:
        return False
    index = re.search(r"INDEX (\w+)", step)
    made = index and schema.db.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (index[1],)).fetchone()
    return not (made and made[0] and " WHERE " in made[0])


def sqlite_scans(schema, sql):
    names = names_of(schema, sql)
    plan = [row[3] for row in schema.db.execute("EXPLAIN QUERY PLAN " + filled(schema, sql))]
    return [step for step in plan if is_scan(schema, names, step)]


@pytest.mark.columns("sqlite")
def test_explain__sqlite_scans_no_table_that_grows(compiled, schema):
    schema.fill()
    judge({name: sqlite_scans(schema, sql) for name, sql in to_explain(compiled, "sqlite")})


class ServerDatabase:
    """A database of the test's own on the column's server, and the client that speaks to it."""

    def __init__(self, server):
        self.server = server
        self.name = "parley_explain_" + uuid.uuid4().hex[:8]
        server.query(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4")

    def run(self, text):
        """Runs a script; the lines of its answers, columns split by tabs."""
        client = program("mariadb", "mariadb-client-core")
        command = [client, "--no-defaults", "--protocol=TCP", "--host=127.0.0.1", f"--port={self.server.port}",
                   "--user=parley", "--default-character-set=utf8mb4", "-N", "-B", self.name]
        done = subprocess.run(command, input=text, check=False, capture_output=True, text=True,
                              env={**os.environ, "MYSQL_PWD": self.server.password})
        assert done.returncode == 0, done.stderr[-500:]
        return done.stdout.splitlines()

    def fill(self, steps, schema):
        script = ["SET foreign_key_checks = 0, unique_checks = 0, sql_mode = 'STRICT_TRANS_TABLES';"]
        script += [statement + ";" for step in steps for statement in step["up"]]
        script.append("CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, name VARCHAR(255), checksum VARCHAR(64), "
                      "statements_done BIGINT, statement_count BIGINT, applied_us BIGINT);")
        script += ["START TRANSACTION;", *insert_statements(schema), "COMMIT;"]
        script += [f"ANALYZE TABLE {name};" for name in schema.tables]
        self.run("\n".join(script))

    def drop(self):
        self.server.query(f"DROP DATABASE {self.name}")


@pytest.fixture
def database(server, compiled, schema):
    database = ServerDatabase(server.backing.database)
    database.fill(compiled["schema"]["mysql"], schema)
    yield database
    database.drop()


def plans(database, statements):
    """{statement: its rows of EXPLAIN}"""
    script = "SET NAMES utf8mb4 COLLATE utf8mb4_bin;\n" + "".join(
        f"SELECT '## {name}';\nEXPLAIN FORMAT=TRADITIONAL {sql};\n" for name, sql in statements)
    found, current = {}, None
    for line in database.run(script):
        if line.startswith("## "):
            current = found.setdefault(line[3:], [])
        else:
            current.append(line.split("\t"))
    return found


def server_scans(rows, names):
    """What is wrong in the rows of an EXPLAIN; MySQL has two columns more (partitions, filtered) than MariaDB."""
    found = []
    for row in rows:
        table, extra, wide = row[2], row[-1], len(row) == 12
        access, count = (row[4], row[9]) if wide else (row[3], row[8])
        if "mpossible" in extra or "no matching row" in extra:
            found.append(f"no plan was made for these values: {extra}")
        elif row[1] == "INSERT" or names.get(table, "singletons") in SMALL:
            continue  # MySQL shows the table that is written to, and calls that ALL
        elif access.split("|")[0] in ("ALL", "index"):
            found.append(f"{access} {table}")
        elif count.split()[0].isdigit() and int(count.split()[0]) > ROWS_MANY:  # MariaDB may write "12 (3%)": what a filter leaves
            found.append(f"{count} rows of {table}")
    return found


@pytest.mark.mysql
@pytest.mark.columns("mariadb", "mysql")
def test_explain__the_server_scans_no_table_that_grows(compiled, schema, database):
    statements = to_explain(compiled, "mysql")
    rows = plans(database, [(name, filled(schema, sql)) for name, sql in statements])
    scans = {name: server_scans(rows[name], names_of(schema, sql)) for name, sql in statements}
    judge(scans)
    assert not [name for name in ALLOWED if not scans.get(name)], "these need no permission any more"


@pytest.mark.columns("sqlite")
def test_explain__would_see_a_scan(compiled, schema):
    """The judge is awake: a statement without an index is named."""
    assert sqlite_scans(schema, "SELECT id FROM messages WHERE content = ?")
    assert not sqlite_scans(schema, "SELECT id FROM messages WHERE id = ?")
    with pytest.raises(AssertionError, match="made_up: SCAN messages"):
        judge({"made_up": ["SCAN messages"]})
