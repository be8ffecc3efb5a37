"""`./dev test`: unit tests, then the API tests on each column, and one closing line."""
import json
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

from . import build, minio, mysql, sanitizers
from .paths import BUILD, ROOT, HarnessError
from .stack import Backing, Stack
from .unitrun import run_units

API_LEGS = ("sqlite", "mariadb", "mysql")
LEGS = ("unit", *API_LEGS)
PROCESSES = {"sqlite": 1, "mariadb": 2, "mysql": 2}

# What differs from a server that people use: cheap passwords, so that a thousand users can be made, and no limits of rate.
TEST_SETTINGS = {"BCRYPT_ROUNDS": "4", "LOG_LEVEL": "debug", "ALLOWED_ORIGINS": "https://app.example.org",
                 "RATE_LIMIT": "off"}


def say(text):
    print(text, file=sys.stderr, flush=True)


class Tally:
    """Passed, failed and skipped over all legs."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, passed=0, failed=0, skipped=0):
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


def read_junit(path):
    """(passed, failed, skipped) of a pytest report."""
    try:
        suite = xml.parse(path).getroot()
    except (OSError, xml.ParseError):
        return 0, 1, 0
    suite = suite.find("testsuite") if suite.tag == "testsuites" else suite
    total, skipped = int(suite.get("tests")), int(suite.get("skipped"))
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    return total - failed - skipped, failed, skipped


def describe(path, column, stack, backing, binary):
    """For the fixtures of tests/api: the server that this run has started."""
    path.write_text(json.dumps({"column": column, "folder": str(stack.folder), "binary": str(binary),
                                "base_url": stack.base_url, "ca": stack.ca, "settings": stack.settings,
                                "sockets": [str(p.socket) for p in stack.parleys],
                                "pids": [p.pid for p in stack.parleys], "backing_folder": str(path.parent / "backing"),
                                "backing": backing.describe()}), encoding="utf-8")


def pytest_command(column, folder, extra):
    workers = os.environ.get("PYTEST_WORKERS", "2")
    command = ["/usr/bin/python3", "-B", "-s", "-m", "pytest", "-c", str(ROOT / "tests/api/pytest.ini"),
               "--rootdir", str(ROOT), f"--column={column}", f"--junitxml={folder}/junit.xml",
               "-p", "no:cacheprovider", f"--basetemp={folder}/tmp"]
    if workers != "0":
        command += ["-n", workers, "--dist", "loadfile"]
    if column == "mysql":
        command += ["-m", "mysql"]
    if not any(str(a).startswith("tests/") or ".py" in str(a) for a in extra):
        extra = [*extra, str(ROOT / "tests/api")]
    return command + list(extra)


def run_api(column, binary, extra, tally, env=None):
    """One column: its servers, a server of ours over them, pytest, and what is left behind."""
    folder = BUILD / "test-run" / column
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    say(f"== API tests on {column} ({PROCESSES[column]} process{'es' if PROCESSES[column] > 1 else ''})")
    os.environ.update(sanitizers.options(folder / "sanitizer"), **(env or {}))
    backing = Backing(column, folder / "backing", durable=False)
    stack = None
    try:
        backing.start()
        stack = Stack(folder / "server", binary, backing.env, TEST_SETTINGS, PROCESSES[column])
        stack.start()
        describe(folder / "server.json", column, stack, backing, binary)
        status = subprocess.run(pytest_command(column, folder, extra), cwd=ROOT, stdin=subprocess.DEVNULL, check=False,
                                stdout=sys.stderr, env={**os.environ, "PARLEY_TEST_SERVER": str(folder / "server.json"),
                                     "PARLEY_TEST_RECORDS": str(folder / "records")}).returncode
        if status not in (0, 1, 5):
            say(f"pytest ended with {status}")
            tally.add(failed=1)
        if status != 5:
            tally.add(*read_junit(folder / "junit.xml"))
    finally:
        exits = stack.stop() if stack else {}
        backing.stop()
    tally.check(f"{column}: the server ends with status 0", [f"{n}: {s}" for n, s in exits.items() if s != 0])
    tally.check(f"{column}: sanitizers are quiet", sanitizers.reports(folder))
    return folder / "records"


def untested_routes(binary, records):
    """Routes of the binary's table that no test has seen answer with success."""
    document = json.loads(subprocess.run([str(binary), "openapi"], check=True, capture_output=True).stdout)
    seen = set()
    for folder in records:
        for file in folder.glob("*.json"):
            seen |= {(m, p) for m, p, status in json.loads(file.read_text(encoding="utf-8")) if status < 400}
    methods = {"get", "put", "post", "delete", "patch"}
    wanted = [(m.upper(), path) for path, row in document["paths"].items() for m in row if m in methods]
    return [f"{m} {p} never answered with success" for m, p in wanted if (m, p) not in seen]


def split(arguments):
    """Legs, and what goes on to pytest (or, with `unit` alone, names to ctest)."""
    legs = [leg for leg in LEGS if leg in arguments or (leg in API_LEGS and "api" in arguments)]
    rest = [a for a in arguments if a not in (*LEGS, "api")]
    if not legs:
        legs = ["sqlite", "mariadb"] if rest else list(LEGS)
    return legs, rest


def prepare(legs):
    """What is downloaded or built once."""
    (BUILD / "test-run").mkdir(parents=True, exist_ok=True)
    if set(legs) - {"sqlite"}:
        minio.install(BUILD / "minio-build.log", lambda text: say(text[0].upper() + text[1:]))
    if ("mysql" in legs or "unit" in legs) and not mysql.available():
        say("Unpacking MySQL 9 (two minutes, once)")
        mysql.install(BUILD / "mysql-install.log")


def run(arguments, kind="asan", env=None):
    legs, rest = split(arguments)
    began = time.monotonic()
    tally = Tally()
    prepare(legs)
    folder = build.build(kind, ["all"] if "unit" in legs else ["parley", "test_programs"])
    if "unit" in legs:
        run_units(folder, rest if legs == ["unit"] else [], tally, env)
    records = [run_api(leg, folder / "parley", rest, tally, env) for leg in legs if leg in API_LEGS]
    if not rest and set(API_LEGS) <= set(legs):
        tally.check("every route is exercised", untested_routes(folder / "parley", records))
    say(f"== {time.monotonic() - began:.0f} s; logs are in {BUILD / 'test-run'}")
    return tally


def main():
    # A stop request ends this run in order, with all that it started.
    import signal
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
    return 0 if tally.failed == 0 and tally.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
