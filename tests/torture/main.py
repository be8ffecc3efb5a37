"""`./dev torture live [MINUTES] [LEG ...] [--seed=N] [--binary=FILE]`: the torture for so long on each leg, with its counts in the end."""
import os
import random
import re
import shutil
import signal
import sys
from pathlib import Path

from harness import build, minio, mysql, sanitizers
from harness.paths import BUILD, PRISTINE, HarnessError, private_folder
from harness.stack import Backing, Stack
from harness.testrun import TEST_SETTINGS, say

from .plan import LEGS
from .run import Torture

USAGE = f"""Usage: ./dev torture live [MINUTES] [LEG ...] [--seed=N] [--binary=FILE]

  MINUTES         on each leg, 5 unless said otherwise
  LEG             {', '.join(LEGS)}; all of them unless said otherwise
  --seed=N        of another run: the same writers, readers and order of faults (their timing is the machine's)
  --binary=FILE   another parley than the one that is built with sanitizers"""
FOLDER = BUILD / "torture"


class Wanted:
    def __init__(self, arguments):
        self.minutes, self.legs, self.seed, self.binary = 5.0, [], random.SystemRandom().randrange(10 ** 9), None
        what, *arguments = arguments or [""]
        if what != "live":
            raise ValueError(what)
        for argument in arguments:
            if argument in LEGS:
                self.legs.append(LEGS[argument])
            elif re.fullmatch(r"\d+(\.\d+)?", argument):
                self.minutes = float(argument)
            elif re.fullmatch(r"--seed=\d+", argument):
                self.seed = int(argument.partition("=")[2])
            elif argument.startswith("--binary="):
                self.binary = Path(argument.partition("=")[2]).absolute()
            else:
                raise ValueError(argument)
        self.legs = self.legs or list(LEGS.values())


def prepare(legs):
    """What is downloaded or built once."""
    columns = {leg.column for leg in legs}
    BUILD.mkdir(parents=True, exist_ok=True)
    if columns - {"sqlite"}:
        minio.install(BUILD / "minio-build.log", say)
    if "mysql" in columns:
        mysql.install(BUILD / "mysql-install.log")


def run_leg(leg, binary, minutes, seed):
    """True where nothing is amiss."""
    # Short names: a unix socket's path has 107 bytes.
    folder = private_folder(FOLDER / leg.name)
    shutil.rmtree(folder)
    backing = Backing(leg.column, folder / "b", pristine=PRISTINE)
    stack = None
    try:
        backing.start()
        stack = Stack(folder / "s", binary, backing.own_env(), {**TEST_SETTINGS, **leg.settings}, leg.processes)
        stack.start()
        torture = Torture(leg, stack, backing, seed)
        torture.run(minutes * 60)
        exits = stack.stop()
        torture.found += [f"{name} ended with {status}" for name, status in exits.items() if status != 0]
    finally:
        if stack is not None:
            stack.stop()
        backing.stop()
    torture.found += sanitizers.reports(folder)
    print(torture.report(), flush=True)
    return not torture.found


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        wanted = Wanted(sys.argv[1:])
    except ValueError as fault:
        print(f"dev torture: {str(fault)!r} is not known\n{USAGE}", file=sys.stderr)
        return 2
    good = True
    try:
        prepare(wanted.legs)
        binary = wanted.binary or build.build("asan") / "parley"
        for leg in wanted.legs:
            say(f"== {leg.name}: {leg.describe()}, {wanted.minutes:g} minutes, seed {wanted.seed}")
            os.environ.update(sanitizers.options(private_folder(FOLDER) / leg.name / "sanitizer"))
            good = run_leg(leg, binary, wanted.minutes, wanted.seed) and good
    except (HarnessError, AssertionError) as fault:
        say(f"dev torture: {fault}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
