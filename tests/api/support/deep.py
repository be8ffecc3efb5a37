"""A server of a test's own, seen from below: its rows, its objects, its processes."""
import contextlib
import os
import signal
import sqlite3
import time

import boto3

from .talk import Talk
from .waiting import until


def open_files(pid):
    """The paths of what a process has open at about this moment."""
    found = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{number}"))
        except FileNotFoundError:
            pass  # closed meanwhile
    return found


def below(base):
    """(files, folders) below a folder from which the server may take some away meanwhile: os.walk passes over those."""
    files, folders = [], []
    for place, inner, names in os.walk(base):
        folders += [os.path.join(place, name) for name in inner]
        files += [os.path.join(place, name) for name in names]
    return files, folders


class Deep:
    """A server of its own, seen from below: its rows and its objects."""

    def __init__(self, server):
        self.server = server
        self.http = server.http

    def people(self, count):
        admin = self.server.setup()
        return [self.server.person(admin, first_name=f"P{n}") for n in range(count)] + [admin]

    def talk(self):
        """A workspace of two new people (support/talk.py); `admin`: who set the server up."""
        owner, member, admin = self.people(2)
        talk = Talk(owner, member, None)
        talk.admin = admin
        return talk

    def rows(self, sql):
        """The rows of a SELECT, or [] after a change."""
        if self.server.column == "sqlite":
            with sqlite3.connect(self.server.folder / "parley.db", timeout=30) as base:
                return [tuple(str(v) for v in row) for row in base.execute(sql)]
        name = self.server.settings["DATABASE_URL"].rsplit("/", 1)[1]
        return [tuple(line.split("\t")) for line in self.server.backing.database.query(sql, name) or []]

    def count(self, table, where="1 = 1"):
        return int(self.rows(f"SELECT COUNT(*) FROM {table} WHERE {where}")[0][0])

    def objects(self):
        """The keys of all objects; in the folder also the files of unfinished uploads (MinIO lists those of no prefix)."""
        if self.server.column == "sqlite":
            base = self.server.folder / "objects"
            return sorted(os.path.relpath(path, base) for path in below(base)[0])
        s3 = self.s3()
        bucket = self.server.settings["MINIO_BUCKET_NAME"]
        kept = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return sorted(kept)

    def s3(self):
        env = self.server.settings
        return boto3.client("s3", endpoint_url=f"http://{env['MINIO_ENDPOINT']}", region_name="us-east-1",
                            aws_access_key_id=env["MINIO_ACCESS_KEY"], aws_secret_access_key=env["MINIO_SECRET_KEY"])

    def later(self, table, columns, hours):
        """As if so many hours had passed for a table's rows."""
        shift = hours * 3600 * 1000000
        self.rows(f"UPDATE {table} SET " + ", ".join(f"{c} = {c} - {shift}" for c in columns))

    def is_writing(self):
        """A process has a file of the store open (folder only)."""
        base = str(self.server.folder / "objects") + "/"
        return any(link.startswith(base) and not os.path.isdir(link)
                   for parley in self.server.stack.parleys for link in open_files(parley.pid))

    def age_files(self, days):
        """As if the store's files had been written so many days ago (folder only)."""
        then = time.time() - days * 86400
        files, folders = below(self.server.folder / "objects")
        for path in files + folders:
            with contextlib.suppress(FileNotFoundError):  # the server has removed it meanwhile
                os.utime(path, (then, then))

    def wake(self):
        """All jobs look now (SIGUSR1)."""
        for parley in self.server.stack.parleys:
            parley.send(signal.SIGUSR1)

    def is_clean(self):
        """Every object has a row, every row its object, and nothing waits to be deleted now."""
        rows = sorted({key for (key,) in self.rows("SELECT object_key FROM attachments")})
        due = self.count("object_deletions", f"due_us <= {int(self.server.clock.now() * 1000000)}")
        return due == 0 and self.objects() == rows

    def kill(self):
        """All processes of parley end at once, as if the power went, and start again."""
        for parley in self.server.stack.parleys:
            parley.kill()
        for parley in self.server.stack.parleys:
            parley.start()
        self.server.stack.wait()

    def tidy(self):
        """An hour later: what a killed process left is due, its leases have run out, and the jobs have done their work."""
        self.later("object_deletions", ["due_us"], 2)
        self.rows("DELETE FROM job_leases")
        if self.server.column == "sqlite":
            self.age_files(3)
        self.wake()
        return until(self.is_clean)
