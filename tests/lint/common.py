"""What the lint scripts share: the files of the project, and where a fault is."""
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked(*suffixes):
    """The project's files (committed, or new and not ignored), as paths relative to ROOT."""
    listing = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                             check=True, capture_output=True).stdout.decode()
    found = [Path(name) for name in listing.split("\0") if name]
    return sorted(p for p in found if (ROOT / p).is_file() and (not suffixes or p.suffix in suffixes))


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def fault(path, line, text):
    return f"{path}:{line}: {text}" if line else f"{path}: {text}"
