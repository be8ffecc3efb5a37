"""`./dev coverage`: which lines the tests reach, by room, and as HTML in build/coverage/html."""
import json
import subprocess
import sys

from . import testrun
from .paths import BUILD, ROOT, HarnessError, program

LEAST_PERCENT = 85


def _gcovr(folder, *options):
    command = [program("gcovr", "gcovr"), "--root", str(ROOT), "--object-directory", str(folder), "--filter",
               str(ROOT / "app") + "/", "--gcov-ignore-parse-errors", *options, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HarnessError(f"gcovr failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


def rooms(report):
    """{room: (lines reached, lines)} of gcovr's JSON."""
    found = {}
    for file in report["files"]:
        parts = file["file"].split("/")
        room = parts[1] if len(parts) > 2 else "main"
        lines = [line for line in file["lines"] if not line.get("gcovr/noncode")]
        reached, total = found.get(room, (0, 0))
        found[room] = (reached + sum(line["count"] > 0 for line in lines), total + len(lines))
    return found


def print_table(found):
    """Returns the rooms below the least figure."""
    low = []
    print(f"{'room':12}{'lines':>8}{'reached':>9}")
    for room, (reached, total) in sorted(found.items()):
        percent = 100 * reached / total if total else 100
        low += [room] if percent < LEAST_PERCENT else []
        print(f"{room:12}{total:8}{percent:8.1f}%")
    reached, total = (sum(column) for column in zip(*found.values()))
    print(f"{'all':12}{total:8}{100 * reached / total:8.1f}%")
    return low


def main():
    folder = BUILD / "coverage"
    for old in folder.rglob("*.gcda"):
        old.unlink()
    try:
        tally = testrun.run(["unit", "sqlite", "mariadb", *sys.argv[1:]], "coverage")
        (folder / "html").mkdir(exist_ok=True)
        _gcovr(folder, "--json", str(folder / "report.json"))
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        _gcovr(folder, "--html-details", str(folder / "html" / "index.html"))
    except HarnessError as e:
        print(f"dev coverage: {e}", file=sys.stderr)
        return 1
    low = print_table(rooms(report))
    print(f"{folder}/html/index.html")
    for room in low:
        print(f"dev coverage: {room} is below {LEAST_PERCENT} % of lines", file=sys.stderr)
    print(tally.line(), flush=True)
    return 1 if low or tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
