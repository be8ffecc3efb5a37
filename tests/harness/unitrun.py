"""The unit tests: ctest under the sanitizers, with the servers that some of them talk to."""
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

from .paths import BUILD, program
from .stack import Backing

_PASSED = re.compile(r"\[  PASSED  \] (\d+) test")
_FAILED = re.compile(r"\[  FAILED  \] (?:\S+: )?(\d+) test")
_SKIPPED = re.compile(r"\[  SKIPPED \] (?:\S+: )?(\d+) test")


def _server_env(backing):
    """Names that the unit tests look for; a test without its server counts as skipped."""
    minio, redis = backing.minio, backing.redis
    return {"PARLEY_TEST_MYSQL_URL": backing.database.url(), "PARLEY_TEST_REDIS_URL": redis.env["REDIS_URL"],
            "PARLEY_TEST_S3_ENDPOINT": minio.endpoint, "PARLEY_TEST_S3_ACCESS_KEY": minio.access_key,
            "PARLEY_TEST_S3_SECRET_KEY": minio.secret_key}


def _count(case, tally):
    """One test program: cmocka's own figures, or one failure where it fell over before it could print them."""
    text = case.findtext("system-out") or ""
    passed = sum(int(n) for n in _PASSED.findall(text))
    failed = sum(int(n) for n in _FAILED.findall(text))
    skipped = sum(int(n) for n in _SKIPPED.findall(text))
    if case.find("failure") is not None or case.get("status") == "fail":
        failed = failed or 1
        print(f"FAILED {case.get('name')}\n" + "\n".join(text.splitlines()[-40:]), file=sys.stderr)
    elif not passed + failed + skipped:
        passed = 1
    tally.add(passed, failed, skipped)


def _ctest(build_folder, report, select, env):
    sanitizer = {"ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1",
                 "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
    command = [program("ctest", "cmake"), "--test-dir", str(build_folder), "--output-junit", str(report), "-j",
               os.environ.get("JOBS", "2"), "--timeout", "300", "--test-output-size-passed", "200000",
               "--test-output-size-failed", "200000"]
    for pattern in select:
        command += ["-R", pattern]
    subprocess.run(command, env={**os.environ, **sanitizer, **env}, stdin=subprocess.DEVNULL, stdout=sys.stderr,
                   check=False)


def _run(column, build_folder, select, tally, env):
    folder = BUILD / "test-run" / f"unit-{column}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    backing = Backing(column, folder, durable=False)
    report = folder / "ctest.xml"
    try:
        backing.start()
        _ctest(build_folder, report, select, {**(env or {}), **_server_env(backing), "TMPDIR": str(folder)})
    finally:
        backing.stop()
    try:
        cases = xml.parse(report).getroot().findall("testcase")
    except (OSError, xml.ParseError):
        cases = []
    if not cases:
        print(f"FAILED ctest left no report in {report}", file=sys.stderr)
        tally.add(failed=1)
    for case in cases:
        _count(case, tally)


def run_units(build_folder, select, tally, env=None):
    """All of them beside MariaDB; those of the database room beside MySQL once more."""
    print("== Unit tests", file=sys.stderr, flush=True)
    _run("mariadb", build_folder, select, tally, env)
    if not select:
        print("== Unit tests of the database room on MySQL", file=sys.stderr, flush=True)
        _run("mysql", build_folder, ["^db/"], tally, env)
