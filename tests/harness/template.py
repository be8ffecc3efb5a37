"""What every server of a test begins with, made once: a migrated database, the keys that sign, a certificate.

The servers of a run that tests share are made from nothing, on each column; copies are for those beside them.
"""
import os
import shutil
import subprocess
from pathlib import Path

from .parley import base_environment
from .paths import HarnessError, alone, private_folder
from .stack import Stack

DATABASE = "parley_template"


def _migrate(binary, folder, env):
    done = subprocess.run([str(binary), "migrate", "up"], capture_output=True, text=True, check=False, cwd=folder,
                          stdin=subprocess.DEVNULL,
                          env={**base_environment(), "VAR_DIR": str(folder), "KEYS_DIR": str(folder / "none"), **env})
    if done.returncode != 0:
        raise HarnessError(f"the template of the databases could not be migrated:\n{done.stderr}")


class Template:
    """Processes that share `folder` share what is made; each thing is made when it is first asked for."""

    def __init__(self, folder, binary):
        self.folder = private_folder(folder)
        self.binary = binary

    def _once(self, name, make):
        with alone(self.folder / f"{name}.lock"):
            made = self.folder / f"{name}.made"
            if not made.exists():
                make()
                made.touch()

    def _make_files(self):
        stack = Stack(self.folder / "first", self.binary, {}, {})
        try:
            stack.start()
        finally:
            exits = stack.stop()
        if set(exits.values()) != {0}:
            raise HarnessError(f"the server whose keys are copied did not end well: {exits}\n{stack.logs()}")
        _migrate(self.binary, private_folder(self.folder / "migrated"), {})

    def copy_files(self, stack):
        """Gives a server that has not started yet keys and a certificate, and on SQLite a database."""
        self._once("files", self._make_files)
        # The pair that signs takes long to make; the secrets are each server's own (limits of rate in a Redis that servers
        # share are kept under a hash with one of them).
        self._copy(self.folder / "first/keys", stack.folder / "keys", "*.pem")
        if not stack.settings.get("TLS_CERT"):
            self._copy(self.folder / "first/nginx/tls", stack.nginx.folder / "tls", "*.pem")
        if not stack.settings.get("DATABASE_URL"):
            private_folder(stack.folder)
            shutil.copy2(self.folder / "migrated/parley.db", stack.folder / "parley.db")

    @staticmethod
    def _copy(source, target, names):
        private_folder(target)
        for file in source.glob(names):
            shutil.copy2(file, target / file.name)

    def _make_database(self, database):
        database.query(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
        _migrate(self.binary, self.folder, {"DATABASE_URL": database.url(DATABASE)})
        kinds = ("triggers", "trigger"), ("routines", "routine"), ("views", "table"), ("events", "event")
        for table, prefix in kinds:
            if database.query(f"SELECT 1 FROM information_schema.{table} WHERE {prefix}_schema = '{DATABASE}'"):
                raise HarnessError(f"the schema has {table}, which tests/harness/template.py does not copy yet")

    @staticmethod
    def _script_of(database):
        """SQL that makes the template's tables and rows in another database: CREATE TABLE as the server shows it."""
        tables = database.query("SHOW TABLES", DATABASE)
        shown = database.query(";".join(f"SHOW CREATE TABLE {t}" for t in tables), DATABASE)
        # The client writes a line feed within a value as \n.
        made = [line.split("\t", 1)[1].replace("\\n", "\n") for line in shown]
        filled = database.query(" UNION ALL ".join(f"SELECT '{t}' FROM DUAL WHERE EXISTS (SELECT 1 FROM {t})" for t in tables),
                                DATABASE)
        return ";\n".join(["SET foreign_key_checks = 0", *made,
                           *(f"INSERT INTO {t} SELECT * FROM {DATABASE}.{t}" for t in filled)])

    def fill(self, database, name):
        """Makes a new database what `parley migrate up` makes of it."""
        script = self.folder / f"{database.name}-{database.port}.sql"

        def make():
            self._make_database(database)
            script.write_text(self._script_of(database), encoding="utf-8")

        self._once(script.stem, make)
        database.query(script.read_text(encoding="utf-8"), name)
