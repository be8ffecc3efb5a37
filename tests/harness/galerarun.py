"""`./dev test galera`: the tests of tests/galera, which no other run includes."""
import os
import shutil
import signal
import subprocess
import sys

from . import build, sanitizers
from .paths import BUILD, ROOT, HarnessError, private_folder
from .testrun import Tally, pytest_environment, read_junit, say

RUN = BUILD / "galera-run"


def run(arguments):
    tally = Tally()
    build.build("asan", ("parley", "test_programs"))
    shutil.rmtree(RUN, ignore_errors=True)
    private_folder(RUN)
    os.environ.update(sanitizers.options(RUN / "sanitizer"))
    command = ["/usr/bin/python3", "-s", "-m", "pytest", "-c", str(ROOT / "tests/galera/pytest.ini"), "--rootdir", str(ROOT),
               f"--junitxml={RUN}/junit.xml", "-p", "no:cacheprovider", f"--basetemp={RUN}/tmp", *arguments]
    if not any(".py" in argument for argument in arguments):
        command.append(str(ROOT / "tests/galera"))
    status = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False, stdout=sys.stderr,
                            env=pytest_environment()).returncode
    counted, _ = read_junit(RUN / "junit.xml")
    tally.add(*counted)
    tally.check("pytest came to its end", [f"status {status}"] if status not in (0, 1) else [])
    tally.check("sanitizers are quiet", sanitizers.reports(RUN))
    return tally


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        tally = run(sys.argv[1:])
    except HarnessError as e:
        say(f"dev test galera: {e}")
        return 1
    except KeyboardInterrupt:
        return 130
    print(tally.line(), flush=True)
    return 0 if tally.is_good() else 1


if __name__ == "__main__":
    sys.exit(main())
