"""`./dev matrix`: the access matrix as Markdown. The table is tests/api/access_matrix.txt; its head says what it means."""
import sys
from dataclasses import dataclass

from .paths import ROOT

TABLE = ROOT / "tests/api/access_matrix.txt"
CELLS = {"ok", "key", "site", "2fa", "2fa!", "400", "401", "403", "403!", "403c", "404", "409", "422", "-"}


@dataclass(frozen=True)
class Row:
    method: str
    path: str
    case: str    # what stands behind #, or ""
    cells: dict  # by the kind of caller

    @property
    def name(self):
        return f"{self.method} {self.path}" + (f"#{self.case}" if self.case else "")


def read_table(text):
    """(kinds of callers, rows)"""
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    kinds = lines[0][2:]
    rows = []
    for words in lines[1:]:
        path, _, case = words[1].partition("#")
        assert len(words) == 2 + len(kinds), f"{words[0]} {words[1]}: {len(words) - 2} cells, not {len(kinds)}"
        assert set(words[2:]) <= CELLS, f"{words[0]} {words[1]}: an unknown cell in {words[2:]}"
        rows.append(Row(words[0], path, case, dict(zip(kinds, words[2:]))))
    assert len({row.name for row in rows}) == len(rows), "a row is listed twice"
    return kinds, rows


def table():
    return read_table(TABLE.read_text(encoding="utf-8"))


def head(text):
    """The comment that the table begins with."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].removeprefix(" "))
    return lines


def markdown():
    kinds, rows = table()
    out = ["# The access matrix", ""]
    for line in head(TABLE.read_text(encoding="utf-8")):
        # Lists of words and their meanings are indented or aligned with two blanks.
        word, gap, meaning = line.strip().partition("  ")
        out.append(f"- `{word}`: {meaning.strip()}" if gap else line)
    out += ["", "| | " + " | ".join(kinds) + " |", "|---" * (len(kinds) + 1) + "|"]
    for row in rows:
        case = f" ({row.case.replace('-', ' ')})" if row.case else ""
        out.append(f"| `{row.method} {row.path}`{case} | " + " | ".join(row.cells[k] for k in kinds) + " |")
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    sys.stdout.write(markdown())
