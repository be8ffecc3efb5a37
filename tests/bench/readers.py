"""Open event streams that say when events have reached them (streams.c)."""
import subprocess

from harness.paths import HarnessError


class Readers:
    """So many open streams (streams.c)."""

    def __init__(self, program, folder, port, paths, count, token="none", begin="\nid: "):
        names = folder / f"paths-{port}-{count}"
        names.write_text("".join(f"{path}\n" for path in paths), encoding="ascii")
        self.child = subprocess.Popen([program, str(port), str(names), token, str(count), begin], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        self._hear("open")

    def _hear(self, wanted=None):
        line = self.child.stdout.readline().rstrip("\n")
        if not line or (wanted and line != wanted):
            raise HarnessError(f"the readers of the streams have failed ({line or 'ended'})")
        return line

    def _say(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def round(self, act):
        """Milliseconds from before act() to the first, the median and the last; act() gives the time at its beginning."""
        self._say("")
        self._hear("armed")
        began = act()
        return [(int(ns) - began) / 1e6 for ns in self._hear().split()]

    def rate(self, act):
        """(events that came, streams that heard one, p50, p99 and maximum of milliseconds) while act() runs, and its result."""
        self._say("rate")
        self._hear("armed")
        done = act()
        self._say("")
        events, streams, *us = map(int, self._hear().split())
        return (events, streams, *(n / 1000 for n in us)), done

    def close(self):
        self.child.stdin.close()
        self.child.wait(30)
