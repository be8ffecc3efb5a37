"""Rooms: arrows point down only, a vendor's header stands in one room, a public header belongs to one file.

The table is ARCHITECTURE's; a new room or library is a new row here. The domain is a floor of sub-rooms, each a row of its
own; "domain" in a row of another room lets it call every sub-room.
"""
import re

from common import fault, text_of, tracked

ALL = "*"
_BELOW_DOMAIN = {"db", "auth", "objects", "mail", "push", "ai", "live", "bus", "core"}


def _sub_room(*others):
    """What a sub-room of the domain may call: the rooms below the domain, and these of its neighbours."""
    return _BELOW_DOMAIN | {f"domain/{other}" for other in others}


_LOW = ("record", "events", "people", "workspaces")
# Never: api and compat one another; live the domain or the database; ai the domain; record another sub-room; a sub-room
# lifecycle, which only those that stand above the domain call.
MAY_CALL = {
    "main": ALL,
    "cli": ALL,
    "api": {"shapes", "gate", "domain", "http", "core"},
    "compat": {"shapes", "gate", "domain", "http", "core"},
    "shapes": {"gate", "domain", "core"},
    "gate": {"domain/record", "domain/people", "domain/workspaces", "domain/trust", "domain/talk", "http", "core"},
    "jobs": {"domain", "db", "core"},
    "domain/lifecycle": _sub_room(*_LOW, "trust", "files", "talk", "assist"),
    "domain/assist": _sub_room(*_LOW, "trust", "files", "talk"),
    "domain/talk": _sub_room(*_LOW, "trust", "files"),
    "domain/trust": _sub_room(*_LOW),
    "domain/files": _sub_room(*_LOW),
    "domain/workspaces": _sub_room("record", "events", "people"),
    "domain/people": _sub_room("record", "events"),
    "domain/events": _sub_room("record"),
    "domain/record": _sub_room(),
    "live": {"http", "bus", "core"},
    "ai": {"egress", "core"},
    "mail": {"egress", "core"},
    "push": {"egress", "auth", "core"},
    "objects": {"egress", "auth", "core"},
    "egress": {"core"},
    "http": {"core"},
    "bus": {"core"},
    "db": {"core"},
    "auth": {"core"},
    "core": set(),
}
VENDORS = {
    r"curl/": "egress",
    r"fcgi(app|misc|os|_config|_stdio)?\.h|fastcgi\.h": "http",
    r"hiredis": "bus",
    r"sqlite3|mysql|mariadb|errmsg\.h|mysqld_error\.h": "db",
    r"openssl/|crypt\.h|liboath/|oath\.h|qrencode": "auth",
    r"jansson|idn2\.h|uni(str|norm|case|ctype|wbrk|gbrk|types|conv|lbrk|name|width|stdio)\.h": "core",
}
_INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
# A prototype at the left margin: a name, an opening bracket, and a line of the declaration that ends it.
_PROTOTYPE = re.compile(r"^(?!static|typedef|#|struct \w+ \{|enum|union)[a-z][\w \*]*\b(\w+)\s*\((?!\*)", re.M)


def room_of(path):
    """The room of a file of app/ or include/parley/, or None."""
    parts = path.parts
    if parts[0] == "app":
        return _room(parts[1:-1]) if len(parts) > 2 else "main"
    if parts[:2] == ("include", "parley"):
        return _room(parts[2:-1])
    return None


def _room(folders):
    """("domain", "talk") is a sub-room; the dialects' folders belong to compat."""
    return "/".join(folders[:2]) if folders[0] == "domain" else folders[0]


def may_call(room, to):
    allowed = MAY_CALL[room]
    return to == room or allowed == ALL or to in allowed or to.split("/")[0] in allowed


def includes_of(path):
    for number, line in enumerate(text_of(path).splitlines(), 1):
        found = _INCLUDE.match(line)
        if found:
            yield number, found[1] == "<", found[2]


def include_faults(path):
    room = room_of(path)
    if room not in MAY_CALL:
        return [fault(path, 0, f"there is no room {room} in tests/lint/layers.py")]
    faults = []
    for number, system, name in includes_of(path):
        ours = re.match(r"parley/(.+)/", name)
        if ours:
            to = _room(ours[1].split("/"))
            if not may_call(room, to):
                faults.append(fault(path, number, f"{room} may not call {to}"))
        elif not system and "/" in name:
            faults.append(fault(path, number, f"{name} is not a public header (parley/<room>/x.h)"))
        for pattern, owner in VENDORS.items():
            if re.match(pattern, name) and room != owner:
                faults.append(fault(path, number, f"<{name}> may be included in app/{owner} only"))
    return faults


def one_to_one_faults(headers, sources):
    """A header with prototypes has a .c of the same name; so has nothing else its functions."""
    names = {(room_of(s), s.stem) for s in sources}
    faults = []
    for header in headers:
        if (room_of(header), header.stem) not in names and _PROTOTYPE.search(text_of(header)):
            faults.append(fault(header, 0, f"declares functions, but there is no app/{room_of(header)}/{header.stem}.c"))
    return faults


def circle_faults(files):
    """Files of one room that include one another in a circle (their own headers aside)."""
    arrows = {}
    for path in files:
        room = room_of(path)
        ours = {m[1] for _, _, name in includes_of(path) if (m := re.match(r"parley/(.+)\.(?:h|def)", name))}
        arrows.setdefault(f"{room}/{path.stem}", set()).update(name for name in ours if name != f"{room}/{path.stem}")
    done, faults = set(), []

    def visit(name, trail):
        if name in trail:
            faults.append(fault(name, 0, "is in a circle: " + " → ".join([*trail[trail.index(name):], name])))
        if name in done or name in trail:
            return
        for to in sorted(arrows.get(name, ())):
            visit(to, [*trail, name])
        done.add(name)

    for name in sorted(arrows):
        if name.startswith("domain/"):
            visit(name, [])
    return faults


def faults():
    files = [p for p in tracked(".c", ".h", ".def") if room_of(p)]
    found = [f for p in files for f in include_faults(p)]
    headers = [p for p in files if p.suffix == ".h" and p.parts[0] == "include"]
    return found + circle_faults(files) + one_to_one_faults(headers, [p for p in files if p.suffix == ".c"])
