"""The unit tests under the sanitizers: as many programs at a time as there are workers, beside the servers that some of
them talk to."""
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from .paths import BUILD, private_folder, program

_PASSED = re.compile(r"\[  PASSED  \] (\d+) test")
_FAILED = re.compile(r"\[  FAILED  \] (?:\S+: )?(\d+) test")
_SKIPPED = re.compile(r"\[  SKIPPED \] (?:\S+: )?(\d+) test")
_TIMEOUT_S = 300

SANITIZER = {"ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1",
             "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}


def say(text):
    print(text, file=sys.stderr, flush=True)


def server_env(backing):
    """Names that the unit tests look for; a test without its server counts as skipped."""
    minio, redis = backing.minio, backing.redis
    return {"PARLEY_TEST_MYSQL_URL": backing.database.url(), "PARLEY_TEST_REDIS_URL": redis.env["REDIS_URL"],
            "PARLEY_TEST_S3_ENDPOINT": minio.endpoint, "PARLEY_TEST_S3_ACCESS_KEY": minio.access_key,
            "PARLEY_TEST_S3_SECRET_KEY": minio.secret_key}


def programs(build_folder):
    """{name: (command, folder)} of all unit tests of a build."""
    done = subprocess.run([program("ctest", "cmake"), "--test-dir", str(build_folder), "--show-only=json-v1"], check=True,
                          capture_output=True, text=True)
    found = {}
    for test in json.loads(done.stdout)["tests"]:
        folder = {p["name"]: p["value"] for p in test["properties"]}.get("WORKING_DIRECTORY")
        found[test["name"]] = (test["command"], folder)
    return found


class Program:
    """One run of one program."""

    def __init__(self, name, command, folder, env):
        self.name, self.command, self.folder, self.env = name, command, folder, env
        self.child = None
        self.took_s = 0

    def run(self):
        """Returns its output and whether it ended well."""
        began = time.monotonic()
        # Into a file: a pipe would end only with the last process that a program which fell over has left behind.
        with tempfile.TemporaryFile() as out:
            self.child = subprocess.Popen(self.command, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT, start_new_session=True)
            end = ""
            try:
                self.child.wait(_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                end = f"\nended after {_TIMEOUT_S} s"
            self.kill()
            good = self.child.wait() == 0
            out.seek(0)
            output = out.read().decode("utf-8", "replace")
        self.took_s = time.monotonic() - began
        return output + end, good

    def kill(self):
        """Ends it and what it has left behind."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)


def count(name, text, good, tally):
    """cmocka's own figures, or one failure where a program fell over before it could print them."""
    passed = sum(int(n) for n in _PASSED.findall(text))
    failed = sum(int(n) for n in _FAILED.findall(text))
    skipped = sum(int(n) for n in _SKIPPED.findall(text))
    if not good:
        failed = failed or 1
        say(f"FAILED {name}\n" + "\n".join(text.splitlines()[-40:]))
    elif not passed + failed + skipped:
        passed = 1
    tally.add(passed, failed, skipped)


class UnitRun:
    """Programs on threads of their own, the longest of the last run first."""

    def __init__(self, found, tally, times):
        self.total = len(found)
        self.queue = sorted(found, key=lambda p: -times.get(p.name, 1e9))
        self.tally = tally
        self.times = times  # by name, in seconds
        self.running = set()
        self.threads = []
        self.lock = threading.Lock()

    def widen(self, count):
        """From now on so many run at a time, not fewer than before."""
        more = [threading.Thread(target=self._work) for _ in range(count - len(self.threads))]
        self.threads += more
        for thread in more:
            thread.start()

    def _next(self, done):
        with self.lock:
            self.running.discard(done)
            one = self.queue.pop(0) if self.queue else None
            if one:
                self.running.add(one)
            return one

    def _work(self):
        one = self._next(None)
        while one:
            try:
                text, good = one.run()
            except OSError as e:
                text, good = str(e), False
            with self.lock:
                count(one.name, text, good, self.tally)
                self.times[one.name] = round(one.took_s, 2)
            one = self._next(one)

    def finish(self):
        """Until all have ended."""
        for thread in self.threads:
            thread.join()

    def cancel(self):
        """Ends what runs and starts nothing more."""
        with self.lock:
            self.queue.clear()
            for one in self.running:
                if one.child:
                    one.kill()
        self.finish()


def select(found, patterns):
    return {name: how for name, how in found.items() if not patterns or any(re.search(p, name) for p in patterns)}


def unit_programs(build_folder, patterns, column, backing, env=None):
    """All of them beside MariaDB; those of the database room once more beside MySQL."""
    found = select(programs(build_folder), patterns)
    folder = private_folder(BUILD / "test-run" / f"unit-{column}")
    whole = {**os.environ, **SANITIZER, **(env or {}), **server_env(backing), "TMPDIR": str(folder)}
    suffix = "" if column == "mariadb" else f" on {column}"
    return [Program(name + suffix, command, cwd, whole) for name, (command, cwd) in found.items()
            if column == "mariadb" or name.startswith("db/")]
