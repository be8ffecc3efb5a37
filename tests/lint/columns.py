"""No row is read by a bare number: columns have names (sql/columns.py)."""
import re

from common import fault, text_of, tracked

_BARE = re.compile(r"\bdb_row_\w+\([^();]*,[^();]*\b[0-9]+\)")


def bare(text):
    """The line of each call that names its column by a number."""
    return [text.count("\n", 0, found.start()) + 1 for found in _BARE.finditer(text)]


def faults():
    return [fault(path, line, "reads a column by a bare number; its name is in parley/db/statements.h")
            for path in tracked(".c", ".h") if path.parts[0] == "app" for line in bare(text_of(path))]
