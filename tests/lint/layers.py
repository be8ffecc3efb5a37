"""Rooms: arrows point down only, a vendor's header stands in one room, a public header belongs to one file.

The table is ARCHITECTURE's; a new room or library is a new row here.
"""
import re

from common import fault, text_of, tracked

ALL = "*"
MAY_CALL = {
    "main": ALL,
    "cli": ALL,
    "api": {"gate", "domain", "http", "core"},
    "compat": {"gate", "domain", "http", "core"},
    "gate": {"domain", "http", "core"},
    "jobs": {"domain", "db", "core"},
    "domain": {"db", "auth", "objects", "mail", "ai", "live", "bus", "core"},
    "live": {"http", "bus", "core"},
    "ai": {"egress", "core"},
    "mail": {"egress", "core"},
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
    r"jansson|uni(str|norm|case|ctype|wbrk|gbrk|types|conv|lbrk|name|width|stdio)\.h": "core",
}
_INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
# A prototype at the left margin: a name, an opening bracket, and a line of the declaration that ends it.
_PROTOTYPE = re.compile(r"^(?!static|typedef|#|struct \w+ \{|enum|union)[a-z][\w \*]*\b(\w+)\s*\((?!\*)", re.M)


def room_of(path):
    """The room of a file of app/ or include/parley/, or None."""
    parts = path.parts
    if parts[0] == "app":
        return parts[1] if len(parts) > 2 else "main"
    if parts[:2] == ("include", "parley"):
        return parts[2]
    return None


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
        ours = re.match(r"parley/(\w+)/", name)
        if ours:
            to = ours[1]
            if to != room and MAY_CALL[room] != ALL and to not in MAY_CALL[room]:
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


def faults():
    files = [p for p in tracked(".c", ".h", ".def") if room_of(p)]
    found = [f for p in files for f in include_faults(p)]
    headers = [p for p in files if p.suffix == ".h" and p.parts[0] == "include"]
    return found + one_to_one_faults(headers, [p for p in files if p.suffix == ".c"])
