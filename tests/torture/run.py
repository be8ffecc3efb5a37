"""One run: a world, its writers and readers, faults for so long, and the judgement."""
import sys
import time

from harness.process import wait_until

from . import judge, readers
from .database import events, last_position, open_database
from .faults import Faults
from .world import World
from .writers import Writer

WRITERS = 10
SETTLED_MAX_S = 90
CAUGHT_UP_MAX_S = 60


class Torture:
    """On servers that are there and have not been set up yet (harness.stack.Stack and Backing). `faults`: names; all that
    the leg has unless said otherwise. `pause_s`: of a writer."""

    def __init__(self, leg, stack, backing, seed, faults=None, pause_s=0.05):
        self.leg, self.stack, self.seed = leg, stack, seed
        self.world = World(stack.base_url, stack.ca, seed)
        self.database = open_database(stack, backing)
        self.readers = readers.make(self.world)
        self.writers = [Writer(self.world, number, pause_s) for number in range(WRITERS)]
        self.faults = Faults(self.world, leg.faults if faults is None else faults, stack, backing, self.database)
        self.found = []

    def _say(self, text):
        print(f"  {time.strftime('%H:%M:%S')} {self.world.acknowledged:>6} changes  {text}", file=sys.stderr, flush=True)

    def run(self, seconds):
        """True where nothing is amiss; self.found says what is."""
        try:
            for reader in self.readers:
                reader.start()
            wait_until(lambda: all(reader.opened.is_set() for reader in self.readers), 30, "the streams")
            for writer in self.writers:
                writer.start()
            self.faults.run(seconds, self._say)
            self._settle()
            self._judge()
        finally:
            self.world.stopping.set()
            for reader in self.readers:
                reader.finish()
        return not self.found

    def _settle(self):
        """The writers end with an answer to each post, and the last position is there."""
        self.stack.wait()
        self.world.stopping.set()
        self._say("the writers end")
        end = time.monotonic() + SETTLED_MAX_S
        for writer in self.writers:
            writer.join(max(0, end - time.monotonic()))
            if writer.is_alive():
                self.found.append(f"{writer.name} did not come to its end within {SETTLED_MAX_S} s")
            if writer.fault:
                self.found.append(writer.fault)
        self.world.mark()
        wait_until(lambda: self.database.waiting() == 0, 20, "positions for the last events")

    def _judge(self):
        rows, last = events(self.database), last_position(self.database)
        histories = {chat: self.world.history(chat) for chat in self.world.chats}
        self.found += judge.judge_log(self.world, rows, last, histories)
        end = time.monotonic() + CAUGHT_UP_MAX_S
        for reader in self.readers:
            wanted = judge.expected(self.world, reader, rows)
            newest = max(wanted, default=0)
            while reader.newest < newest and time.monotonic() < end:
                time.sleep(0.02)
        # What is told twice, or too much, comes before the streams are closed.
        for reader in self.readers:
            reader.finish()
            self.found += judge.judge_reader(self.world, reader, rows, histories)

    def report(self):
        """Lines for people: what was done, and what is amiss."""
        def listed(counts):
            return ", ".join(f"{what} {count}" for what, count in sorted(counts.items())) or "none"
        lines = [f"{self.leg.name}: {self.leg.describe()}; seed {self.seed}",
                 f"  changes: {listed(self.world.counts)}; posts that nobody asked for again {len(self.world.texts_in_doubt)}",
                 f"  faults: {listed(self.faults.counts)}"]
        lines += [f"  reader {reader.name!r}: changes {len(reader.told)}, {listed(reader.counts)}" for reader in self.readers]
        return "\n".join([*lines, *(f"  FAULT {fault}" for fault in self.found),
                          f"  {len(self.found)} faults found" if self.found else "  every reader has every change once, in order"])
