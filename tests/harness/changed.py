"""`./dev test --changed[=BASE]`: the tests that the difference to BASE (HEAD) can reach; all of them where that is unsure.

Unit programs by what they are linked of: objects (as ninja knows them, headers included) and members of the archive (the
linker's map). API tests by routes: from a changed file over those that include its header to the tables of routes, and
from there to the files of tests that asked these routes in the last whole run (build/test-routes.json).
"""
import re
import subprocess
from pathlib import Path

from .paths import ROOT, TEST_ROUTES, HarnessError, program, read_json
from .unitrun import programs, say

OPTION = "--changed"

# Files that no unit or API test looks at, but for test_house.py, which is quick and comes along.
_BESIDE = re.compile(r"(.*\.md|LICENSE|Dockerfile|docker-compose(\.sqlite)?\.yml|\.(gitignore|dockerignore|env\.example|clang-.*)|\.ci/.*|"
                     r"tests/(bench|fuzz|galera|lint)/.*)")
# Rooms whose every use is a route, a job or a command; what lies below or around them can reach any test.
_ROOMS = {"api", "compat", "shapes", "domain", "jobs", "cli"}
# Files of tests by what stands in them, for what is reached without a route.
_BY_TEXT = {"jobs": re.compile(r"\.wake\(\)|\.tidy\(\)"), "cli": re.compile(r"\.command\(|\bbinary\b")}
# Folders that one file of tests looks at.
_OF_FOLDERS = {"web/": "test_pages_of_people.py", "tests/web/": "test_pages_of_people.py",
               "tests/openapi/": "test_openapi_clients.py", "ops/": "test_ops.py",
               "tests/torture/": "test_torture.py"}
_ONE_FILE = tuple(_OF_FOLDERS)
# The files of cli/ that belong to one subcommand; the others put every server together.
_SUBCOMMANDS = re.compile(r"app/cli/(audit|config|doctor|key|migrate|openapi|password_prompt|user|version)\w*\.[ch]")


def changed_files(base):
    """Paths relative to the checkout, of files changed, added, removed, or not yet known to git."""
    def git(*arguments):
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise HarnessError(f"git: {done.stderr.strip()}")
        return done.stdout.splitlines()
    return sorted({*git("diff", "--name-only", "--no-renames", base, "--"), *git("ls-files", "--others", "--exclude-standard")})


class Objects:
    """What each object of a build was compiled of."""

    def __init__(self, folder):
        self.folder = folder
        done = subprocess.run([program("ninja", "ninja-build"), "-C", str(folder), "-t", "deps"], check=True,
                              capture_output=True, text=True)
        self.files, name = {}, ""  # object: its source and headers
        for line in done.stdout.splitlines():
            if line.startswith("    "):
                self.files[name].add((folder / line.strip()).resolve())
            elif line and not line.startswith("ninja:"):
                name = line.split(": #deps")[0]
                self.files[name] = set()

    def of(self, paths):
        """The objects that were compiled of any of these files."""
        return {name for name, files in self.files.items() if files & paths}

    def source(self, name):
        """The source below app/ of an object of the rooms, or None."""
        found = re.fullmatch(r"CMakeFiles/parley_rooms\.dir/(app/.*\.c)\.o", name)
        return Path(found[1]) if found else None


def on_disk(paths, folder):
    """Changed files as the build knows them; the statements are compiled into others."""
    found = {(ROOT / path).resolve() for path in paths}
    if any(path.startswith("sql/") for path in paths):
        made = folder / "generated"
        found |= {made / "parley/db/statements.h", made / "statements.c", made / "schema.c"}
    return found


# ---- unit programs ----

def _members(map_file):
    """The objects of the archive that a program took, by the linker's map; they have no folders there."""
    try:
        text = map_file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return set(re.findall(r"^\S*libparley_rooms\.a\(([^)]+)\)", text, re.M))


def unit_names(paths, objects):
    """The names of the programs that are reached."""
    hit = objects.of(on_disk(paths, objects.folder))
    members = {Path(name).name for name in hit if name.startswith("CMakeFiles/parley_rooms.dir/")}
    found = []
    for name in programs(objects.folder):
        target = name.replace("/test_", "/").replace("/", "_")
        taken = _members(objects.folder / f"test_{target}.map")
        own = any(one.startswith(f"CMakeFiles/test_{target}.dir/") for one in hit)
        if own or taken is None or taken & members:
            found.append(name)
    return found


# ---- API tests ----

def routes_by_file(files):
    """{file of tests: [[method, route], …]} of what a whole run has seen."""
    found = {}
    for file, method, route in sorted(files):
        found.setdefault(file, []).append([method, route])
    return found


def _reached(paths, objects):
    """Sources below app/ that a change can act through: from each to those that include its header. None: any."""
    reached, frontier = set(), on_disk(paths, objects.folder)
    while frontier:
        sources = {source for name in objects.of(frontier) if (source := objects.source(name))} - reached
        if any(source.parts[1] not in _ROOMS for source in sources):
            return None
        reached |= sources
        headers = {ROOT / "include/parley" / source.relative_to("app").with_suffix(".h") for source in sources}
        frontier = {header.resolve() for header in headers if header.exists()}
    return reached


def _files_of(sources, known):
    """Files of tests for reached sources, or None where a table of routes is not known."""
    literals, found = set(), set()
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests/api").glob("test_*.py")}
    for source in sources:
        room = source.parts[1]
        if room in ("api", "compat"):
            literals |= set(re.findall(r'"(/[^"\s]*)"', (ROOT / source).read_text(encoding="utf-8")))
        if room in _BY_TEXT:
            found |= {name for name, text in texts.items() if _BY_TEXT[room].search(text)}
    asked = {route for rows in known.values() for _, route in rows}
    if literals - asked and not literals & asked:
        return None
    return found | {file for file, rows in known.items() if any(route in literals for _, route in rows)}


def api_files(paths, objects):
    """Names of files of tests, or None: all."""
    found, code = set(), []
    for path in paths:
        if path.startswith("app/cli/") and not _SUBCOMMANDS.fullmatch(path):
            return None
        if re.fullmatch(r"tests/api/test_\w+\.py", path):
            found |= {path.rpartition("/")[2]} if (ROOT / path).exists() else set()
        elif path == "tests/api/access_matrix.txt":
            found.add("test_access_matrix.py")
        elif path.startswith(_ONE_FILE):
            found.add(next(file for folder, file in _OF_FOLDERS.items() if path.startswith(folder)))
        elif path.startswith(("app/", "include/")):
            code.append(path)
        elif _BESIDE.fullmatch(path):
            found.add("test_house.py")
        elif not path.startswith("tests/unit/"):
            return None
    known = read_json(TEST_ROUTES)
    if not code:
        return found
    sources = _reached(code, objects)
    files = _files_of(sources, known) if sources and known else None
    return None if files is None else found | files


# ---- both ----

def choose(arguments, folder, choice_of):
    option = next(a for a in arguments if a.partition("=")[0] == OPTION)
    paths = changed_files(option.partition("=")[2] or "HEAD")
    objects = Objects(folder)
    gone = [p for p in paths if p.startswith(("app/", "include/")) and not (ROOT / p).exists()]
    whole = [p for p in paths if p in ("CMakeLists.txt", "dev") or p.startswith("tests/harness/")]
    if gone or whole:
        say(f"== Changed: {(gone + whole)[0]}, which can reach every test")
        return choice_of(["unit", "sqlite", "mariadb", "mysql"], whole=True)
    units, files = unit_names(paths, objects), api_files(paths, objects)
    say(f"== Changed: {len(paths)} files; {len(units)} unit programs and "
        f"{'all' if files is None else len(files)} files of API tests")
    legs = (["unit"] if units else []) + (["sqlite", "mariadb", "mysql"] if files is None or files else [])
    api = [] if files is None else [str(ROOT / "tests/api" / name) for name in sorted(files)]
    return choice_of(legs, [f"^{re.escape(name)}$" for name in units], api)
