"""`./dev test`: unit tests and the API tests of all columns, and one closing line."""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as xml

from . import build, changed, minio, mysql, sanitizers
from .paths import (BUILD, BYTE_CODE, PRISTINE, ROOT, TEST_ROUTES, TEST_TIMES, HarnessError, private_folder, read_json,
                    write_json)
from .stack import COLUMNS, Backing
from .unitrun import UnitRun, unit_programs

LEGS = ("unit", *COLUMNS)
RUN = BUILD / "test-run"

# What differs from a server that people use: cheap passwords, so that a thousand users can be made, and no limits of rate.
TEST_SETTINGS = {"BCRYPT_ROUNDS": "4", "LOG_LEVEL": "debug", "ALLOWED_ORIGINS": "https://app.example.org",
                 "RATE_LIMIT": "off", "WORKSPACE_PROVIDERS": "on"}


def say(text):
    print(text, file=sys.stderr, flush=True)


class Tally:
    """Passed, failed and skipped over all legs; any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.passed = self.failed = self.skipped = 0
        self.nothing_to_do = False

    def is_good(self):
        return self.failed == 0 and (self.passed > 0 or self.nothing_to_do)

    def add(self, passed=0, failed=0, skipped=0):
        with self.lock:
            self.passed += passed
            self.failed += failed
            self.skipped += skipped

    def check(self, name, faults):
        """One test of the run as a whole: sanitizers quiet, every route exercised, exit statuses."""
        for fault in faults:
            say(f"FAILED {name}: {fault}")
        self.add(failed=1) if faults else self.add(passed=1)

    def line(self):
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def workers():
    """How many tests run at a time: half as many more than JOBS or than there are processors for this process, since each
    waits now and then, for a lock, a disk or a time limit."""
    processors = int(os.environ.get("JOBS") or len(os.sched_getaffinity(0)))
    return processors + (processors + 1) // 2


def unit_workers(choice):
    """How many unit programs run at a time: beside the API tests, which take longer, a few."""
    return max(1, workers() // 3) if choice.columns else workers()


# ---- the report of pytest ----

def read_junit(path):
    """(passed, failed, skipped) of a pytest report, and {unit: seconds}."""
    try:
        suite = xml.parse(path).getroot()
    except (OSError, xml.ParseError):
        return (0, 1, 0), {}
    suite = suite.find("testsuite") if suite.tag == "testsuites" else suite
    total, skipped = int(suite.get("tests")), int(suite.get("skipped"))
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    times = {}
    for case in suite.iter("testcase"):
        _, _, unit = case.get("name").rpartition("@")
        times[unit] = times.get(unit, 0) + float(case.get("time"))
    return (total - failed - skipped, failed, skipped), {unit: round(s, 2) for unit, s in times.items()}


def pytest_command(columns, extra):
    count = os.environ.get("PYTEST_WORKERS") or str(workers())
    command = ["/usr/bin/python3", "-s", "-m", "pytest", "-c", str(ROOT / "tests/api/pytest.ini"),
               "--rootdir", str(ROOT), f"--column={','.join(columns)}", f"--junitxml={RUN}/junit.xml",
               "-p", "no:cacheprovider", f"--basetemp={RUN}/tmp"]
    if count != "0":
        command += ["-n", count, "--dist", "loadgroup"]
    if not any(str(a).startswith("tests/") or ".py" in str(a) for a in extra):
        extra = [*extra, str(ROOT / "tests/api")]
    return command + list(extra)


def pytest_environment():
    # Byte code of the tests, with its rewritten assertions, is kept, but not in the tree.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(BYTE_CODE), "PARLEY_TEST_RUN": str(RUN / "run.json"),
            "PARLEY_TEST_RECORDS": str(RUN / "records")}


def describe(backings, binary):
    """For the fixtures of tests/api: what this run has started."""
    write_json(RUN / "run.json", {
        "binary": str(binary), "folder": str(RUN), "template": str(RUN / "template"),
        "backing_folder": str(RUN / "backing"), "backings": {name: b.describe() for name, b in backings.items()}})


def run_api(columns, binary, backings, extra, tally, times):
    """pytest over all columns at once: its workers start the servers, over the databases and stores that are here. True
    where it came to its end."""
    say(f"== API tests on {', '.join(columns)}, {workers()} at a time")
    describe(backings, binary)
    status = subprocess.run(pytest_command(columns, extra), cwd=ROOT, stdin=subprocess.DEVNULL, check=False,
                            stdout=sys.stderr, env=pytest_environment()).returncode
    if status not in (0, 1, 5):
        say(f"pytest ended with {status}")
        tally.add(failed=1)
    if status != 5:
        counted, found = read_junit(RUN / "junit.xml")
        tally.add(*counted)
        times.update(found)
    return status in (0, 1)


def read_records():
    """What the workers have seen: {(method, route, status)}, {(file of tests, method, route)}."""
    seen, files = set(), set()
    for path in (RUN / "records").glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        seen |= {tuple(row) for row in record["seen"]}
        files |= {tuple(row) for row in record["files"]}
    return seen, files


def untested_routes(binary, seen):
    """Routes of the binary's table that no test has seen answer with success."""
    document = json.loads(subprocess.run([str(binary), "openapi"], check=True, capture_output=True).stdout)
    good = {(method, path) for method, path, status in seen if status < 400}
    methods = {"get", "put", "post", "delete", "patch"}
    wanted = [(m.upper(), path) for path, row in document["paths"].items() for m in row if m in methods]
    return [f"{m} {p} never answered with success" for m, p in wanted if (m, p) not in good]


# ---- what is asked for ----

def split(arguments):
    """Legs, and what goes on to pytest (or, with `unit` alone, names of programs)."""
    legs = [leg for leg in LEGS if leg in arguments or (leg in COLUMNS and "api" in arguments)]
    rest = [a for a in arguments if a not in (*LEGS, "api")]
    if not legs:
        legs = ["sqlite", "mariadb"] if rest else list(LEGS)
    return legs, rest


def prepare(legs):
    """What is downloaded or built once."""
    BUILD.mkdir(parents=True, exist_ok=True)
    if set(legs) - {"sqlite"}:
        minio.install(BUILD / "minio-build.log", lambda text: say(text[0].upper() + text[1:]))
    if ("mysql" in legs or "unit" in legs) and not mysql.available():
        say("Unpacking MySQL 9 (two minutes, once)")
        mysql.install(BUILD / "mysql-install.log")


class Choice:
    """Legs; patterns of unit programs, and pytest's arguments. `whole`: nothing is left out."""

    def __init__(self, legs, units=(), api=(), whole=False):
        self.legs, self.units, self.api, self.whole = legs, list(units), list(api), whole

    @property
    def columns(self):
        return [leg for leg in self.legs if leg in COLUMNS]

    @property
    def backings(self):
        """The columns whose databases and stores are needed; the units of the database room talk to MySQL too."""
        units = ("mariadb", "mysql") if "unit" in self.legs else ()
        return [column for column in COLUMNS if column in (*self.columns, *units)]


def choose(arguments, kind):
    if any(a.partition("=")[0] == changed.OPTION for a in arguments):
        return changed.choose(arguments, build.build(kind, ["all"]), Choice)
    legs, rest = split(arguments)
    return Choice(legs, rest if legs == ["unit"] else [], rest, whole=not rest and set(legs) == set(LEGS))


# ---- the run ----

class Run:
    """One run: its databases and stores, which unit and API tests share, and what is left when it ends."""

    def __init__(self, choice, folder, env):
        self.choice, self.folder, self.env = choice, folder, env
        self.tally = Tally()
        self.times = read_json(TEST_TIMES)
        self.backings = {}
        self.units = None
        self.complete = False

    def start_backings(self):
        for column in self.choice.backings:
            self.backings[column] = Backing(column, RUN / "backing" / column, durable=False, pristine=PRISTINE)
            self.backings[column].begin()
        for backing in self.backings.values():
            backing.wait()

    def start_units(self):
        count = unit_workers(self.choice)
        say(f"== Unit tests, {count} at a time")
        found = [program for column in ("mariadb", "mysql") for program in
                 unit_programs(self.folder, self.choice.units, column, self.backings[column], self.env)]
        self.units = UnitRun(found, self.tally, self.times)
        self.units.widen(count)

    def run(self):
        choice = self.choice
        self.start_backings()
        if "unit" in choice.legs:
            self.start_units()
        if choice.columns:
            self.complete = run_api(choice.columns, self.folder / "parley", self.backings, choice.api, self.tally,
                                    self.times)
        if self.units:
            self.units.widen(workers())
            self.units.finish()
            if not self.units.total:
                self.tally.check("unit tests", ["no program has such a name"])

    def stop(self):
        if self.units:
            self.units.cancel()
        for backing in self.backings.values():
            backing.stop()

    def judge(self):
        """The tests of the run as a whole."""
        if not self.choice.columns:
            return
        self.tally.check("sanitizers are quiet", sanitizers.reports(RUN))
        seen, files = read_records()
        if self.choice.whole and self.complete:
            self.tally.check("every route is exercised", untested_routes(self.folder / "parley", seen))
            write_json(TEST_ROUTES, changed.routes_by_file(files))


def run(arguments, kind="asan", env=None):
    choice = choose(arguments, kind)
    began = time.monotonic()
    prepare(choice.legs)
    folder = build.build(kind, ["all" if "unit" in choice.legs else "parley", "test_programs"])
    shutil.rmtree(RUN, ignore_errors=True)
    private_folder(RUN)
    os.environ.update(sanitizers.options(RUN / "sanitizer"), **(env or {}))
    one = Run(choice, folder, env)
    one.tally.nothing_to_do = not choice.legs
    try:
        one.run()
    finally:
        one.stop()
    one.judge()
    write_json(TEST_TIMES, one.times)
    say(f"== {time.monotonic() - began:.0f} s; logs are in {RUN}")
    return one.tally


def main():
    # A stop request ends this run in order, with all that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        tally = run(sys.argv[1:])
    except HarnessError as e:
        say(f"dev test: {e}")
        print("0 passed, 1 failed", flush=True)
        return 1
    except KeyboardInterrupt:
        say("dev test: interrupted")
        print("0 passed, 1 failed", flush=True)
        return 130
    print(tally.line(), flush=True)
    return 0 if tally.is_good() else 1


if __name__ == "__main__":
    sys.exit(main())
