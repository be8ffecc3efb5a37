"""P2: the newest page of a chat in a table of a million messages against one of a thousand, and page 10,000.

Two servers answer in turn, one over each table, so that both figures come from the same minutes."""
import os
import statistics
from contextlib import ExitStack

from bench import cpu, load, options, seed
from bench.server import KINDS, backing, server

SECONDS, CLIENTS, FEW, PAGE, ROUNDS = options.seconds(2), 16, 1000, 50, 3
MANY = int(os.environ.get("BENCH_ROWS", "1000000"))  # a million is what the promise is about


class Table:
    """A server whose database holds a chat of a thousand messages and, if asked, one of a million beside it."""

    def __init__(self, stack, client, fill, database=None):
        self.stack, self.client, self.fill, self.meter = stack, client, fill, cpu.Meter(stack, database)
        self.workspace = client.workspace()
        self.small, self.deep = client.chat(self.workspace, "small"), client.chat(self.workspace, "deep")
        fill(FEW, self.small)

    def pages_per_s(self, chat, before=2**40):
        path = f"/workspaces/{self.workspace}/chat/{chat}/messages?limit={PAGE}&before_seq={before}"
        return self.meter.run(lambda: load.run(self.stack.base_url + path, SECONDS, CLIENTS,
                                               token=self.client.token)).per_s


def _row(what, tops, bottoms, names, meter):
    ratio = load.median_ratio(tops, bottoms)
    return {"what": what, "value": f"{ratio:.2f}", "ratio": ratio, "goal": ">= 0.90", "reached": ratio >= 0.90,
            "cpu": meter.row(),
            "figures": {f"{names[0]}_per_s": statistics.median(tops), f"{names[1]}_per_s": statistics.median(bottoms)}}


def _measure(kind, few, many):
    many.fill(MANY, many.deep)
    many_s, few_s = load.in_turn(lambda: many.pages_per_s(many.small), lambda: few.pages_per_s(few.small), ROUNDS)
    yield _row(f"newest page of a chat, {MANY:,} rows against {FEW:,} ({kind})", many_s, few_s, ("many", "few"), many.meter)
    pages = MANY // (2 * PAGE)  # 10,000 of a million
    far, newest = load.in_turn(lambda: many.pages_per_s(many.deep, MANY - pages * PAGE),
                               lambda: many.pages_per_s(many.deep), ROUNDS)
    yield _row(f"page {pages:,} by before_seq against page 1 ({kind})", far, newest, ("far", "newest"), many.meter)


def run(built, folder):
    for column in options.columns("sqlite", "mariadb", "mysql"):
        with ExitStack() as stack:
            parts = stack.enter_context(backing(column, folder / column))
            tables = []
            for name in ("few", "many"):
                stack_of, client = stack.enter_context(server(built / "parley", folder / f"{column}-{name}", parts.own_env()))
                rows = seed.Rows(stack_of, parts.database)
                tables.append(Table(stack_of, client, rows.messages, parts.database))
            yield from _measure(KINDS[column], *tables)
