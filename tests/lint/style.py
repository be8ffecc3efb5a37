"""clang-format, over everything that is C."""
import subprocess

from common import ROOT, fault, tracked


def c_files():
    return [p for p in tracked(".c", ".h") if p.parts[0] in ("app", "include", "tests")]


def faults():
    files = c_files()
    if not files:
        return []
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", "--ferror-limit=1", *map(str, files)], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    bad = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "clang-format-violations" in line})
    return [fault(path, 0, "is not in shape: ./dev format") for path in bad]


def put_in_shape():
    files = c_files()
    if files:
        subprocess.run(["clang-format", "-i", *map(str, files)], cwd=ROOT, check=True)
