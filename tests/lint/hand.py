"""One hand: what a search can see of how C is written here."""
import re

from common import fault, text_of, tracked

# A pattern, and what to write in its place.
HABITS = (
    (r"\bsizeof\s+[\w*]|\bsizeof \(", "sizeof has its brackets, without a blank: sizeof(*p)"),
    (r"/\* --- ", "a section's heading is /* ---- like this ---- */"),
    (r"\benum err err(?: =|[,)])", "an error is called e: enum err e"),
)


def faults():
    found = []
    for path in tracked(".c", ".h"):
        if path.parts[0] not in ("app", "include", "tests"):
            continue
        for number, line in enumerate(text_of(path).splitlines(), 1):
            for pattern, text in HABITS:
                if re.search(pattern, line):
                    found.append(fault(path, number, text))
    return found
