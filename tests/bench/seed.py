"""Rows by the thousand and the million, written straight into the database of a server that is idle."""
import sqlite3
import subprocess

from harness.paths import HarnessError

# One statement per kind of database: messages 1 … `last` of a chat, all of one sender.
_SQLITE = """
INSERT INTO messages (uuid, workspace_id, chat_id, seq, sender_id, content, created_us, updated_us)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last})
SELECT randomblob(16), c.workspace_id, c.id, n.i, c.created_by,
       'Message ' || n.i || ' of a chat that has been going on for a while, with a sentence or two in each.',
       c.created_us + n.i, c.created_us + n.i FROM n JOIN chats c ON c.uuid = {chat}
"""
_DIGITS = "WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i < 999)"
_MYSQL = """
INSERT INTO messages (uuid, workspace_id, chat_id, seq, sender_id, content, created_us, updated_us)
{digits} SELECT RANDOM_BYTES(16), c.workspace_id, c.id, n.seq, c.created_by,
       CONCAT('Message ', n.seq, ' of a chat that has been going on for a while, with a sentence or two in each.'),
       c.created_us + n.seq, c.created_us + n.seq
FROM ({numbers}) n JOIN chats c ON c.uuid = {chat} WHERE n.seq <= {last} ORDER BY n.seq
"""
# Up to a thousand, and up to a million.
_FEW, _MANY = "SELECT i + 1 AS seq FROM d", "SELECT a.i * 1000 + b.i + 1 AS seq FROM d a JOIN d b"
_COUNT = "UPDATE chats SET last_seq = {last}, message_count = {last} WHERE uuid = {chat}"

# People 1 … `count` of a workspace, and how far each of them has read in each of its chats. Names are told apart by workspace.
_PEOPLE = {
    "sqlite": """
INSERT INTO users (uuid, kind, username, names_folded, role, created_us, updated_us)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
SELECT randomblob(16), 0, 'bench-{workspace}-' || n.i, '', 0, 1, 1 FROM n""",
    "mysql": """
INSERT INTO users (uuid, kind, username, names_folded, role, created_us, updated_us)
{digits} SELECT RANDOM_BYTES(16), 0, CONCAT('bench-{workspace}-', n.seq), '', 0, 1, 1
FROM ({numbers}) n WHERE n.seq <= {count}"""}
_MEMBERS = """
INSERT INTO members (workspace_id, user_id, role, joined_us)
SELECT w.id, u.id, 2, 1 FROM users u JOIN workspaces w ON w.uuid = {workspace_id} WHERE u.username LIKE 'bench-{workspace}-%'"""
# A statement for each chat: one for all would hold more locks than a server has room for by default.
_READ = """
INSERT INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us)
SELECT m.workspace_id, m.user_id, c.id, c.last_seq / 2, 1 FROM members m JOIN chats c ON c.workspace_id = m.workspace_id
WHERE c.uuid = {chat}"""


class Rows:
    """The database of a server (harness.stack.Stack), by SQL. `part`: of MariaDB or MySQL; None: it is SQLite."""

    def __init__(self, stack, part):
        self.part = part
        self.path = stack.folder / "parley.db"
        self.name = None if part is None else stack.settings["DATABASE_URL"].rsplit("/", 1)[1]

    def run(self, *statements):
        """Gives the last one's rows, columns split by tabs (on MariaDB and MySQL those of all)."""
        if self.part is not None:
            try:
                return self.part.query(";".join(statements), self.name)
            except subprocess.CalledProcessError as e:
                raise HarnessError(f"{self.part.name} refuses a statement: {e.stderr.strip()}") from None
        with sqlite3.connect(self.path, timeout=60) as base:
            rows = [list(base.execute(sql)) for sql in statements][-1]
        base.close()
        return ["\t".join(map(str, row)) for row in rows]

    @staticmethod
    def uuid(text):
        """A public id as a literal."""
        return f"X'{text.replace('-', '')}'"

    def messages(self, last, *chats):
        """Messages 1 … last (<= 1,000,000 on MariaDB and MySQL) of each chat, which is named by its public id."""
        statements = []
        for chat in chats:
            values = {"chat": self.uuid(chat), "last": last, "digits": _DIGITS, "numbers": _FEW if last <= 1000 else _MANY}
            statements += [(_MYSQL if self.part else _SQLITE).format(**values), _COUNT.format(**values)]
        self.run(*statements)
        self.tidy("messages")

    def people(self, workspace, count, *chats):
        """`count` (<= 1,000,000) more members of a workspace; they, and who was there before, have read a half of each of these
        chats."""
        values = {"workspace": workspace[:18], "workspace_id": self.uuid(workspace), "count": count, "digits": _DIGITS,
                  "numbers": _FEW if count <= 1000 else _MANY}
        people = _PEOPLE["mysql" if self.part else "sqlite"]
        self.run(people.format(**values), _MEMBERS.format(**values), *[_READ.format(chat=self.uuid(chat)) for chat in chats])
        self.tidy("users", "members", "chat_states")

    def tidy(self, *tables):
        """Its statistics are as after a while of use; and SQLite does not look through a log of a million rows at each read."""
        if self.part is not None:
            self.run(*[f"ANALYZE TABLE {table}" for table in tables])
            return
        self.run("ANALYZE")
        with sqlite3.connect(self.path, timeout=60) as base:
            base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        base.close()
