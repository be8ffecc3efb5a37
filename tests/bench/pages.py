"""P2: the newest page of a chat in a table of a million messages against one of a thousand, and page 10,000."""
import statistics

from bench import load, seed
from bench.server import backing, server

SECONDS, CLIENTS, DEEP = 3, 16, 1_000_000


def _rate(stack, client, path):
    return load.run(stack.base_url + path, SECONDS, CLIENTS, token=client.token).per_s


def _page_url(workspace, chat, before=None):
    return f"/workspaces/{workspace}/chat/{chat}/messages?limit=50&before_seq={before or 2**40}"


def _measure(kind, stack, client, fill):
    workspace = client.workspace()
    small, deep = client.chat(workspace, "small"), client.chat(workspace, "deep")
    fill(small, 1, 1000)
    few = [_rate(stack, client, _page_url(workspace, small)) for _ in range(4)][1:]
    fill(deep, 1, DEEP)
    many = [_rate(stack, client, _page_url(workspace, small)) for _ in range(4)][1:]
    # Without the rows the first figure cannot be had again, so these two are not in turn; the medians are compared.
    ratio = statistics.median(many) / statistics.median(few)
    yield {"what": f"newest page of a chat, 1 million rows against 1 thousand ({kind})", "value": f"{ratio:.2f}",
           "ratio": ratio, "goal": ">= 0.90", "reached": ratio >= 0.90,
           "figures": {"few_per_s": statistics.median(few), "many_per_s": statistics.median(many)}}
    far, newest = load.in_turn(lambda: _rate(stack, client, _page_url(workspace, deep, DEEP - 10_000 * 50)),
                               lambda: _rate(stack, client, _page_url(workspace, deep)), rounds=3)
    ratio = load.median_ratio(far, newest)
    yield {"what": f"page 10,000 by before_seq against page 1 ({kind})", "value": f"{ratio:.2f}", "ratio": ratio,
           "goal": ">= 0.90", "reached": ratio >= 0.90,
           "figures": {"far_per_s": statistics.median(far), "newest_per_s": statistics.median(newest)}}


def run(built, folder):
    with server(built / "parley", folder / "sqlite") as (stack, client):
        yield from _measure("SQLite", stack, client,
                            lambda chat, first, last: seed.sqlite(folder / "sqlite/parley.db", chat, first, last))
    with backing("mariadb", folder) as parts:
        with server(built / "parley", folder / "mariadb", parts.env) as (stack, client):
            yield from _measure("MariaDB", stack, client, lambda chat, first, last: seed.mariadb(
                parts.database, "parley", chat, first, last))
