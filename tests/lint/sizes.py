"""Files of about 400 lines (a test's cases may fill 500), functions of 60 at most; nesting and length of lines are clang-format's."""
import re

from common import fault, text_of, tracked

FILE_LINES = 420
TEST_FILE_LINES = 500
FUNCTION_LINES = 60
_NAME = re.compile(r"(\w+)\s*\(")


def functions(text):
    """(name, first line, lines) of each function: its braces stand at the left margin, tables' do not begin there."""
    lines = text.splitlines()
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            head = start
            while head > 0 and lines[head - 1].strip() and not lines[head - 1].startswith(("}", "#", " */")):
                head -= 1
            name = _NAME.search(" ".join(lines[head:start]))
            yield (name[1] if name else "?"), head + 1, number - start + 1
            start = None


def is_table(text):
    """A file that is mostly rows: `static const struct … = {` without functions of any length."""
    return sum(n for _, _, n in functions(text)) < len(text.splitlines()) / 5


def faults():
    found = []
    for path in tracked(".c", ".h", ".py", ".sh"):
        text = text_of(path)
        count = text.count("\n")
        most = TEST_FILE_LINES if path.parts[0] == "tests" else FILE_LINES
        if count > most and not (path.suffix in (".c", ".h") and is_table(text)):
            found.append(fault(path, 0, f"{count} lines; about 400 are enough for one noun"))
        if path.suffix == ".c":
            found += [fault(path, line, f"{name} has {n} lines; {FUNCTION_LINES} is the most")
                      for name, line, n in functions(text) if n > FUNCTION_LINES]
    return found
