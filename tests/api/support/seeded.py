"""Tables of realistic size for the EXPLAIN test, made from the schema itself, so that a new table needs nothing here.

Row i (from 0) of a table has id i + 1, and a column that points to another table holds (i mod its rows) + 1. So a small i
points to row i everywhere, and row PICKED is one whose neighbours all fit.
"""
import hashlib
import re
import sqlite3

ROWS = {"users": 4000, "sessions": 8000, "workspaces": 4000, "members": 12000, "invitations": 3000, "chats": 5000,
        "chat_members": 10000, "messages": 30000, "attachments": 9000, "schema_migrations": 3, "singletons": 50,
        "job_leases": 6, "key_fingerprints": 1, "audit_head": 0, "sequencer": 0, "people_version": 0, "providers_version": 0,
        "nodes": 40, "figures": 0}
ROWS_ELSE = 3000
PICKED = 37
BASE_US = 1_700_000_000_000_000
# Columns that point to a table without saying so.
POINTS_TO = {"workspace_id": "workspaces", "chat_id": "chats", "user_id": "users", "message_id": "messages",
             "reply_to": "messages", "root_id": "messages", "source_id": "messages", "forked_chat_id": "chats",
             "forked_message_id": "messages", "node_id": "nodes", "subject_id": "users", "actor_key_id": "api_keys", "target_key_id": "api_keys"}
# Columns of which only every so-manieth row has a value, or is not 0; and one that only every so-manieth row lacks. The
# picked row has no value in any of them.
SELDOM = {"deleted_us": 50, "archived_us": 50, "ended_us": 4, "erase_messages": 500, "claimed_us": 20, "accepted_us": 2, "used_us": 2}
LACKING = {"sha256": 30, "position": 30}
# Bytes of 16; others have 32.
SHORT = re.compile(r"(.*_)?uuid|(.*_)?jti|holder|actor|target|user|salt|subject")


class Column:
    def __init__(self, row, target, composite):
        self.name, self.type, self.required, is_key = row[1], row[2], bool(row[3]), bool(row[5])
        self.in_key = is_key and composite
        self.is_rowid = is_key and not composite and row[2] == "INTEGER" and target is None
        self.target = target


class Table:
    def __init__(self, db, name):
        self.name = name
        self.count = ROWS.get(name, ROWS_ELSE)
        info = db.execute(f"PRAGMA table_info({name})").fetchall()
        keys = db.execute(f"PRAGMA foreign_key_list({name})").fetchall()
        wide = {row[0] for row in keys if row[1] > 0}  # of several columns: each of them points elsewhere by itself, too
        targets = {row[3]: row[2] for row in keys if row[0] not in wide}
        composite = sum(1 for row in info if row[5]) > 1
        self.columns = [Column(row, targets.get(row[1]) or POINTS_TO.get(row[1]), composite) for row in info]

    def value(self, column, i):
        """The value of a column in row i: None, int, float, str or bytes."""
        name = column.name
        if column.is_rowid:
            return i + 1
        if name in SELDOM:
            present = BASE_US + i if name.endswith("_us") else 1
            return present if i % SELDOM[name] == 0 else (0 if column.required else None)
        if name in LACKING and not column.required and i % LACKING[name] == PICKED % LACKING[name]:
            return None
        if column.target:
            return self.pointer(column, i)
        if name == "seq":
            return i // ROWS["chats"] + 1
        if name == "position":
            return i + 1
        if column.type == "REAL":
            return i / 7
        if column.type == "INTEGER":
            return BASE_US + i * 1000 if name.endswith("_us") else i % 2 if name.startswith("is_") else (i + 1) % 3
        digest = hashlib.sha256(f"{self.name}.{name}.{i}".encode()).digest()
        if column.type == "BLOB":
            return digest[:16] if SHORT.fullmatch(name) else digest
        return f"{name}-{i}-{digest.hex()[:12]}"

    def pointer(self, column, i):
        """Within a key of several columns, those behind the first are shifted each time the first has gone round."""
        first = next((c for c in self.columns if c.in_key and c.target), column)
        shift = i // ROWS.get(first.target, ROWS_ELSE) if column.in_key and column is not first else 0
        return (i + shift) % ROWS.get(column.target, ROWS_ELSE) + 1

    def rows(self):
        for i in range(self.count):
            yield [self.value(column, i) for column in self.columns]


class Schema:
    """The newest schema, its tables in the order in which they were made; `db` is an SQLite database that holds them."""

    def __init__(self, steps):
        self.db = sqlite3.connect(":memory:")
        for step in steps:
            for statement in step["up"]:
                self.db.execute(statement)
        self.db.execute("CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT "
                        "NOT NULL, statements_done INTEGER NOT NULL, statement_count INTEGER NOT NULL, "
                        "applied_us INTEGER NOT NULL) STRICT")
        names = [row[0] for row in self.db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                                                   "'sqlite_%' ORDER BY rowid")]
        self.tables = {name: Table(self.db, name) for name in names}

    def fill(self):
        self.db.execute("PRAGMA foreign_keys = OFF")
        for table in self.tables.values():
            marks = ", ".join("?" * len(table.columns))
            self.db.executemany(f"INSERT INTO {table.name} VALUES ({marks})", table.rows())
        self.db.execute("ANALYZE")
        self.db.commit()

    def picked(self, table, column):
        """The value that row PICKED has, or None where there is no such column."""
        for candidate in self.tables[table].columns:
            if candidate.name == column:
                return self.tables[table].value(candidate, PICKED)
        return None


def literal(value):
    """An SQL literal that SQLite, MySQL and MariaDB read alike."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def insert_statements(schema, batch=500):
    """The rows as text for a server."""
    for table in schema.tables.values():
        names = ", ".join(column.name for column in table.columns)
        rows = ["(" + ", ".join(map(literal, row)) + ")" for row in table.rows()]
        for start in range(0, len(rows), batch):
            yield f"INSERT INTO {table.name} ({names}) VALUES " + ",\n".join(rows[start:start + batch]) + ";"
