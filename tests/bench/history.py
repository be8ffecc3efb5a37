"""P11: the list of 200 chats with what is unread, for one of 5,000 members against one of 10."""
import statistics
from contextlib import ExitStack

from bench import cpu, load, options, seed
from bench.server import KINDS, backing, server

SECONDS, CLIENTS, CHATS, MESSAGES, MANY, FEW, ROUNDS, GOAL = options.seconds(3), 16, 200, 20, 5000, 10, 3, 1.5


class Crowd:
    """A server with a workspace of so many members."""

    def __init__(self, stack, client, part, members):
        self.stack, self.client, self.meter = stack, client, cpu.Meter(stack, part)
        workspace = client.workspace()
        rows = seed.Rows(stack, part)
        chats = [client.chat(workspace, f"chat {n}") for n in range(CHATS)]
        rows.messages(MESSAGES, *chats)
        rows.people(workspace, members - 1, *chats)
        self.url = f"{stack.base_url}/workspaces/{workspace}/chats/history"
        listed = client.call("GET", f"/workspaces/{workspace}/chats/history")
        assert listed and all(chat["unread_count"] == MESSAGES - MESSAGES // 2 for chat in listed), listed[:1]

    def lists_per_s(self):
        return self.meter.run(lambda: load.run(self.url, SECONDS, CLIENTS, token=self.client.token)).per_s


def _measure(kind, many, few):
    few_s, many_s = load.in_turn(few.lists_per_s, many.lists_per_s, ROUNDS)
    ratio = load.median_ratio(few_s, many_s)
    yield {"what": f"time of a list of {CHATS} chats, one of {MANY:,} members against one of {FEW} ({kind})",
           "value": f"{ratio:.2f}", "ratio": ratio, "goal": f"<= {GOAL}", "reached": ratio <= GOAL, "cpu": many.meter.row(),
           "figures": {"many_per_s": statistics.median(many_s), "few_per_s": statistics.median(few_s),
                       "few_us": few.meter.row()["us_each"]}}


def run(built, folder):
    for column in options.columns("sqlite", "mariadb", "mysql"):
        with ExitStack() as stack:
            part = stack.enter_context(backing(column, folder / column))
            crowds = [Crowd(*stack.enter_context(server(built / "parley", folder / f"{column}-{members}", part.own_env(),
                                                        RATE_LIMIT="off")), part.database, members)
                      for members in (MANY, FEW)]
            yield from _measure(KINDS[column], *crowds)
