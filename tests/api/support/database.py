"""A server's database past the server."""
import contextlib
import os
import sqlite3
import subprocess
import uuid

from harness.paths import program


class Database:
    """Statements past the server, in a connection that stays."""

    def __init__(self, server):
        self.server = server
        self.sqlite = server.column == "sqlite"
        self.name = None if self.sqlite else server.settings["DATABASE_URL"].rsplit("/", 1)[1]

    def run(self, text):
        """Rows of a script on a connection of its own, columns as text."""
        if self.sqlite:
            with contextlib.closing(sqlite3.connect(self.server.folder / "parley.db", timeout=20)) as db:
                rows = [db.execute(part).fetchall() for part in text.split(";") if part.strip()][-1]
                db.commit()
                return [[str(column) for column in row] for row in rows]
        done = subprocess.run(self.command(), input=text, capture_output=True, text=True, check=False, env=self.env())
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def number(self, text):
        return int(self.run(text)[0][0])

    def command(self):
        return [program("mariadb", "mariadb-client-core"), "--no-defaults", "--protocol=TCP", "--host=127.0.0.1",
                f"--port={self.server.backing.database.port}", "--user=parley", "-N", "-B", "--unbuffered", self.name]

    def env(self):
        return {**os.environ, "MYSQL_PWD": self.server.backing.database.password}

    def open(self):
        """A client whose transaction stays open."""
        return subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.env())

    def user_id(self, person):
        return self.number(f"SELECT id FROM users WHERE uuid = X'{person.id.replace('-', '')}'")

    def workspace_id(self, workspace):
        return self.number(f"SELECT id FROM workspaces WHERE uuid = X'{workspace.replace('-', '')}'")

    def chat_id(self, chat):
        return self.number(f"SELECT id FROM chats WHERE uuid = X'{chat.replace('-', '')}'")

    def crowd(self, workspace, count):
        """So many more people in a workspace, who never sign in."""
        made = [uuid.uuid4().hex for _ in range(count)]
        self.run("INSERT INTO users (uuid, kind, username, names_folded, role, created_us, updated_us) VALUES "
                 + ", ".join(f"(X'{one}', 0, '{one}', '', 0, 0, 0)" for one in made))
        keys = ", ".join(f"X'{one}'" for one in made)
        self.run(f"INSERT INTO members (workspace_id, user_id, role, joined_us) SELECT {self.workspace_id(workspace)}, id, 1, 0 "
                 f"FROM users WHERE uuid IN ({keys})")
