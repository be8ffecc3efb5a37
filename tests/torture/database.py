"""The rows of a run, past parley."""
import contextlib
import os
import re
import sqlite3
import subprocess
from collections import namedtuple

from harness.paths import ROOT, program

Row = namedtuple("Row", "position kind subject chat workspace")

_EVENTS = ("SELECT e.position, e.kind, HEX(e.subject), HEX(c.uuid), HEX(w.uuid) FROM event_log e "
           "LEFT JOIN chats c ON c.id = e.chat_id LEFT JOIN workspaces w ON w.id = e.workspace_id ORDER BY e.position")


def kinds():
    """Names by number, as the table of kinds has them."""
    text = (ROOT / "include/parley/domain/events/events.def").read_text(encoding="utf-8")
    return re.findall(r'^EVENT\(\w+, "([a-z_.]+)"', text, re.M)


def _uuid(text):
    if text in (None, "NULL", ""):
        return None
    text = text.lower()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class Sqlite:
    LAST_POSITION = "SELECT seq FROM sqlite_sequence WHERE name = 'event_log'"

    def __init__(self, stack):
        self.path = stack.folder / "parley.db"

    def rows(self, text):
        with contextlib.closing(sqlite3.connect(self.path, timeout=20)) as db:
            return db.execute(text).fetchall()

    def waiting(self):
        """Events that have no position yet."""
        return 0


class SqlServer:
    LAST_POSITION = "SELECT last_position FROM sequencer WHERE id = 1"

    def __init__(self, stack, backing):
        self.server = backing.database
        self.name = stack.settings["DATABASE_URL"].rsplit("/", 1)[1]

    def rows(self, text):
        return [line.split("\t") for line in self.server.query(text, self.name)]

    def waiting(self):
        return int(self.rows("SELECT COUNT(*) FROM outbox")[0][0])

    @contextlib.contextmanager
    def transaction(self):
        """What is written to it are statements of one that stays open until they say otherwise."""
        command = [program("mariadb", "mariadb-client-core"), "--no-defaults", "--protocol=TCP", "--host=127.0.0.1",
                   f"--port={self.server.port}", "--user=parley", "--unbuffered", self.name]
        with subprocess.Popen(command, stdin=subprocess.PIPE, text=True, bufsize=1,
                              env={**os.environ, "MYSQL_PWD": self.server.password}) as client:
            client.stdin.write("START TRANSACTION;\n")
            yield client.stdin
        if client.returncode != 0:
            raise AssertionError(f"a transaction past parley failed ({client.returncode})")


def open_database(stack, backing):
    return SqlServer(stack, backing) if backing.database else Sqlite(stack)


def events(database):
    """Rows of the whole log, in order of their positions."""
    names = kinds()
    return [Row(int(position), names[int(kind)], _uuid(subject), _uuid(chat), _uuid(workspace))
            for position, kind, subject, chat, workspace in database.rows(_EVENTS)]


def last_position(database):
    return int(database.rows(database.LAST_POSITION)[0][0])
