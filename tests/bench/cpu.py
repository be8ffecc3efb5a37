"""Who used the processors during a measurement: CPU time of each part, and of everybody else on the machine."""
import os
import resource
import time
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """(parent, CPU seconds) of a process, the threads it has and had included; None when it has gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / _TICKS


def _tree_s(roots):
    """CPU seconds of these processes and of all that they have started."""
    stats = {int(p.name): _stat(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()}
    total = 0.0
    for pid, stat in stats.items():
        at = pid
        while at in stats and stats[at] and at not in roots:
            at = stats[at][0]
        if at in roots and stat:
            total += stat[1]
    return total


def _machine_s():
    """CPU seconds of the whole machine that were no idling."""
    fields = [int(n) for n in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / _TICKS


def _load_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Used:
    """Seconds by part, `load` (programs of this process that have ended) and `others` among them."""

    def __init__(self, parts):
        self.parts = {name: {p for p in pids if p} for name, pids in parts.items()}
        self.seconds = {}

    def _now(self):
        return {**{name: _tree_s(pids) for name, pids in self.parts.items()}, "load": _load_s(), "machine": _machine_s()}

    def begin(self):
        self.before = self._now()

    def end(self):
        after = self._now()
        self.seconds = {name: after[name] - self.before[name] for name in after}
        self.seconds["others"] = max(0.0, self.seconds.pop("machine") - sum(
            s for name, s in self.seconds.items() if name != "machine"))

    def us_each(self, count):
        """Microseconds of CPU for each of `count` requests, by part."""
        return {name: s / count * 1e6 for name, s in self.seconds.items()}


@contextmanager
def used(stack=None, database=None, **more):
    """Measures what runs inside: the stack's server and nginx, the part that is the database, and `more` pids by name."""
    parts = {name: set(pids) for name, pids in more.items()}
    if stack is not None:
        parts["server"] = {p.pid for p in stack.parleys}
        parts["nginx"] = {stack.nginx.pid}
    if database is not None:
        parts["database"] = {database.pid}
    measured = Used(parts)
    measured.begin()
    try:
        yield measured
    finally:
        measured.end()


class Meter:
    """Adds up several runs of the same requests."""

    def __init__(self, stack=None, database=None):
        self.stack, self.database = stack, database
        self.seconds, self.count, self.wall_s = {}, 0, 0.0

    def run(self, act):
        """Runs act(), which gives load.Figures, and gives them on."""
        began = time.monotonic()
        with used(self.stack, self.database) as measured:
            figures = act()
        self.wall_s += time.monotonic() - began
        self.count += figures.requests
        for name, seconds in measured.seconds.items():
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        return figures

    def row(self):
        """Microseconds of CPU for each request by part, and what share of the machine all others took meanwhile."""
        us = {name: seconds / self.count * 1e6 for name, seconds in self.seconds.items() if name != "others"}
        return {"us_each": us, "others_share": self.seconds["others"] / (self.wall_s * os.cpu_count())}


def sentence(row):
    """For people: what Meter.row says."""
    parts = ", ".join(f"{name} {value:.0f}" for name, value in row["us_each"].items())
    return f"CPU of {row.get('of', 'a request')} in us: {parts}; others kept {row['others_share']:.0%} of the machine busy"
