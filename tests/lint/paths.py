"""Paths that the documents, the sources and the statements of SQL name are those of files or folders that exist."""
import re

from common import fault, text_of, tracked

# From the root; a room's file (core/url.h), which is looked for in include/parley and in app.
FROM_ROOT = re.compile(r"(?<![\w/.-])(?:app|include|nginx|sql|tests)/[\w./<>*-]*[\w>*/]")
OF_ROOM = re.compile(r"(?<![\w/.-])(?:parley/)?[a-z_]+/[a-z_/]+\.(?:h|c|def|inc)\b")

READ = ("README.md", "CHANGELOG.md", "include/", "app/", "sql/queries/", "sql/README.md")
GENERATED = {"include/parley/db/statements.h"}  # by sql/compile.py


def folders(files):
    return {parent.as_posix() for path in files for parent in path.parents}


def pattern_of(path):
    """`app/api/<resource>.c` and `app/db/mysql*.c` stand for any file of such a name."""
    parts = re.split(r"<[^>]*>|\*", path.rstrip("/"))
    return re.compile("[^/]*".join(re.escape(part) for part in parts))


def is_there(path, places, known):
    return any(pattern_of(place + path).fullmatch(name) for place in places for name in known)


def faults_of(path, known):
    found = []
    for number, line in enumerate(text_of(path).splitlines(), 1):
        named = [(m.group(), ("",)) for m in FROM_ROOT.finditer(line)]
        named += [(m.group(), ("include/parley/", "app/")) for m in OF_ROOM.finditer(line)
                  if not FROM_ROOT.match(line, m.start()) and not line.lstrip().startswith("#include")]
        for name, places in named:
            name = name.removeprefix("parley/")
            if not is_there(name, places, known):
                found.append(fault(path, number, f"{name} is not in the tree"))
    return found


def faults():
    files = tracked()
    known = {path.as_posix() for path in files} | folders(files) | GENERATED
    return [line for path in files if path.as_posix().startswith(READ) for line in faults_of(path, known)]
