"""Words and files that have no place in the project."""
import re

from common import ROOT, fault, text_of, tracked

# Written so that this file does not find itself.
_UNFINISHED = r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r")\b"
_MACHINE = r"(?<![\w.])/(" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers")) + r")/[\w.]"
_TEMPORARY = "/t" + "mp/w/"
_HOSTS = "|".join(re.escape(h) for h in ("proxy." + "golang.org", "sum." + "golang.org", "py" + "pi.org",
                                         "pythonhosted" + ".org", "registry." + "npmjs.org", "deb." + "debian.org",
                                         "security." + "debian.org", "snapshot." + "debian.org"))
_SECRETS = "-----BEGIN " + r"[A-Z ]*PRIVATE KEY-----|AKIA" + r"[0-9A-Z]{16}"
BANNED = (
    (_UNFINISHED, "is unfinished work"),
    (_MACHINE + "|" + re.escape(_TEMPORARY), "is a path of one machine"),
    (_HOSTS, "is the host of a package registry"),
    (_SECRETS, "is a secret"),
)
# The key of a vendor's published examples: file and pattern.
ALLOWED = (
    (r"tests/unit/objects/.*", r"AKIA" + "IOSFODNN7EXAMPLE"),
)
_BINARY = {".png", ".ico", ".gz", ".zip", ".woff2", ".jpg"}


def _allowed(path, line):
    return any(re.fullmatch(where, str(path)) and re.search(what, line) for where, what in ALLOWED)


def _in_corpus(path):
    return path.parts[:3] == ("tests", "fuzz", "corpus")


def faults():
    found = []
    for path in tracked():
        if path.suffix in _BINARY or _in_corpus(path):
            continue
        for number, line in enumerate(text_of(path).splitlines(), 1):
            for pattern, why in BANNED:
                hit = re.search(pattern, line)
                if hit and not _allowed(path, line):
                    found.append(fault(path, number, f"{hit[0]!r} {why}"))
        size = (ROOT / path).stat().st_size
        if size > 512 * 1024:
            found.append(fault(path, 0, f"{size} bytes: too large for the tree"))
    return found
