"""A database of a test's own, at whatever version of the schema."""
import sqlite3
import subprocess
from contextlib import closing

from harness.parley import base_environment


class OldDatabase:
    def __init__(self, binary, backing, folder):
        self.binary, self.backing, self.folder = binary, backing, folder
        self.settings = {"DATABASE_URL": f"sqlite:///{folder}/old.db", **backing.own_env()}

    def parley(self, *words):
        done = subprocess.run([str(self.binary), *words], cwd=self.folder, capture_output=True, text=True, check=False,
                              env={**base_environment(), **self.settings}, timeout=60)
        assert done.returncode == 0, done.stderr

    def sql(self, text):
        """The rows of a statement, columns split by tabs."""
        if self.backing.database:
            return self.backing.database.query(text, self.settings["DATABASE_URL"].rpartition("/")[2])
        with closing(sqlite3.connect(self.folder / "old.db")) as db, db:
            db.execute("PRAGMA foreign_keys = ON")
            return ["\t".join(map(str, row)) for row in db.execute(text)]
