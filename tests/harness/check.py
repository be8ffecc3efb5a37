"""`./dev check`: lint, clang-tidy, every program of the checkout, each parser fuzzed for a moment, every test, and the
tree as clean as before."""
import concurrent.futures
import json
import os
import subprocess
import sys

from . import fuzz, testrun
from .build import build
from .paths import ROOT, HarnessError

FUZZ_SECONDS = 5


def say(text):
    print(text, file=sys.stderr, flush=True)


def _tree():
    return subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, check=True, capture_output=True,
                          text=True).stdout


def _lint():
    say("== Lint")
    return subprocess.run(["/usr/bin/python3", "-B", "-s", str(ROOT / "tests/lint/lint.py")], cwd=ROOT,
                          check=False).returncode == 0


def _tidy_file(folder, file):
    # GCC's own warning names mean nothing to clang.
    done = subprocess.run(["clang-tidy", "--quiet", "-p", str(folder), "--extra-arg=-Wno-unknown-warning-option", file],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def tidy():
    """clang-tidy over app/, two files at a time. True where it has nothing to say."""
    say("== clang-tidy")
    folder = build("release", ("parley", "bench"))
    commands = json.loads((folder / "compile_commands.json").read_text(encoding="utf-8"))
    files = sorted({c["file"] for c in commands if c["file"].startswith(str(ROOT / "app"))})
    good = True
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda f: _tidy_file(folder, f), files)
        for number, (file, (status, text)) in enumerate(zip(files, results), 1):
            if status != 0:
                good = False
                say(f"FAILED clang-tidy {file}\n{text}")
            elif number % 20 == 0:
                say(f"   {number} of {len(files)} files")
    return good


def _fuzz():
    say("== Fuzzing")
    return fuzz.run(fuzz.targets(), FUZZ_SECONDS)


def main():
    before = _tree()
    if "--tidy" in sys.argv[1:]:
        return 0 if tidy() else 1
    good = _lint()
    good = tidy() and good
    good = _fuzz() and good
    try:
        tally = testrun.run([])
    except HarnessError as e:
        say(f"dev check: {e}")
        print("0 passed, 1 failed", flush=True)
        return 1
    after = _tree()
    tally.check("lint, clang-tidy and fuzzing", [] if good else ["see above"])
    tally.check("the tree is as before", [] if after == before else [after])
    print(tally.line(), flush=True)
    return 0 if tally.failed == 0 else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HarnessError as e:
        say(f"dev check: {e}")
        sys.exit(1)
