"""Every mutex and read-write lock has its row in locks.def, and every row its lock."""
import re

from common import fault, text_of, tracked

TABLE = "include/parley/core/locks.def"
_LOCK = re.compile(r"^\s+(?:static )?pthread_(?:mutex|rwlock|spinlock)_t (\w+)", re.M)
_ROW = re.compile(r'^LOCK\("([^"]+)", "(\w+)", \d+, "[^"]+"\)', re.M)


def faults():
    there = {(str(path), name) for path in tracked(".c", ".h") if path.parts[0] in ("app", "include")
             for name in _LOCK.findall(text_of(path))}
    listed = set(_ROW.findall(text_of(TABLE)))
    return ([fault(path, 0, f"the lock {name} has no row in {TABLE}") for path, name in sorted(there - listed)]
            + [fault(TABLE, 0, f"{path} has no lock {name}") for path, name in sorted(listed - there)])
