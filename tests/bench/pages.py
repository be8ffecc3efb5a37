"""P2: the newest page of a chat in a table of a million messages against one of a thousand, and page 10,000.

Two servers answer in turn, one over each table, so that both figures come from the same minutes."""
import statistics
from contextlib import ExitStack

from bench import cpu, load, seed
from bench.server import KINDS, backing, server

SECONDS, CLIENTS, FEW, MANY, PAGE = 3, 16, 1000, 1_000_000, 50


class Table:
    """A server whose database holds a chat of a thousand messages and, if asked, one of a million beside it."""

    def __init__(self, stack, client, fill, database=None):
        self.stack, self.client, self.fill, self.meter = stack, client, fill, cpu.Meter(stack, database)
        self.workspace = client.workspace()
        self.small, self.deep = client.chat(self.workspace, "small"), client.chat(self.workspace, "deep")
        fill(self.small, FEW)

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
    many.fill(many.deep, MANY)
    many_s, few_s = load.in_turn(lambda: many.pages_per_s(many.small), lambda: few.pages_per_s(few.small))
    yield _row(f"newest page of a chat, 1 million rows against 1 thousand ({kind})", many_s, few_s, ("many", "few"), many.meter)
    far, newest = load.in_turn(lambda: many.pages_per_s(many.deep, MANY - 10_000 * PAGE),
                               lambda: many.pages_per_s(many.deep))
    yield _row(f"page 10,000 by before_seq against page 1 ({kind})", far, newest, ("far", "newest"), many.meter)


def run(built, folder):
    with ExitStack() as stack:
        tables = []
        for name in ("few", "many"):
            at = folder / f"sqlite-{name}"
            running = stack.enter_context(server(built / "parley", at))
            tables.append(Table(*running, lambda chat, last, at=at: seed.sqlite(at / "parley.db", chat, 1, last)))
        yield from _measure("SQLite", *tables)
    for column in ("mariadb", "mysql"):
        with ExitStack() as stack:
            parts = stack.enter_context(backing(column, folder / column))
            tables = []
            for name in ("few", "many"):
                env = parts.own_env()
                database = env["DATABASE_URL"].rsplit("/", 1)[1]
                running = stack.enter_context(server(built / "parley", folder / f"{column}-{name}", env))
                tables.append(Table(*running, lambda chat, last, database=database, parts=parts: seed.sql(
                    parts.database, database, chat, last), parts.database))
            yield from _measure(KINDS[column], *tables)
