"""P4b: messages into 100 chats at a rate, told to 1,000 streams; and what the event log costs a post."""
import statistics
from contextlib import ExitStack

from bench import cpu, load, options, post, seed
from bench.readers import Readers
from bench.server import KINDS, backing, databases, server
from bench.streams import SETTINGS
from harness import ports

SECONDS, RATE_STREAMS, RATE = options.seconds(6), 1000, 1000
RATE_GOAL, P99_GOAL_MS, LOG_GOAL, LOG_CPU_GOAL = 1500, 30, 0.75, 1.3


def _pace(talk):
    """The pause of a client that makes all of them post at RATE: what its own posts take is tried out."""
    delay_ms = post.CLIENTS * 1000 / RATE
    for _ in range(2):
        tried = talk.post(options.seconds(2), delay_ms)
        delay_ms = max(0, delay_ms - (post.CLIENTS * 1000 / tried.per_s - post.CLIENTS * 1000 / RATE))
    return delay_ms


def _rate(kind, built, folder, stack, client, port, part):
    talk = post.Talk(stack, client, folder)
    meter = cpu.Meter(stack, part)
    talk.post(1)
    without = talk.post(SECONDS).per_s
    readers = Readers(built / "bench_streams", folder, port, [f"{room}/stream" for room in talk.rooms], RATE_STREAMS,
                      client.token)
    (events, heard, *_), full = readers.rate(lambda: meter.run(lambda: talk.post(SECONDS)))
    _, delay_ms = readers.rate(lambda: _pace(talk))
    (_, _, p50, p99, most), paced = readers.rate(lambda: talk.post(SECONDS, delay_ms))
    readers.close()
    yield {"what": f"messages/s into {post.CHATS} chats, told to {RATE_STREAMS} streams ({kind})", "value": f"{full.per_s:.0f}",
           "ratio": full.per_s / RATE_GOAL, "goal": f">= {RATE_GOAL}", "reached": full.per_s >= RATE_GOAL, "cpu": meter.row(),
           "figures": {"per_s": full.per_s, "events": events, "events_wanted": full.requests * RATE_STREAMS // post.CHATS,
                       "streams": heard, "without_streams_per_s": without}}
    yield {"what": f"ms from a message's created_at to its streams at {paced.per_s:.0f}/s, p99 (p50 {p50:.1f}, most {most:.0f};"
                   f" {kind})", "value": f"{p99:.1f}", "ratio": p99 / P99_GOAL_MS, "goal": f"<= {P99_GOAL_MS}",
           "reached": p99 <= P99_GOAL_MS, "figures": {"p50_ms": p50, "p99_ms": p99, "max_ms": most, "per_s": paced.per_s}}


def run(built, folder):
    """P4b."""
    for kind, env, part in databases(folder, "sqlite", "mariadb", "mysql"):
        port = ports.free()
        at = folder / f"rate-{kind.split()[0].lower()}"
        with server(built / "parley", at, env, HTTP_PORT=str(port), **{**SETTINGS, **post.SETTINGS}) as (stack, client):
            yield from _rate(kind, built, folder, stack, client, port, part)


# ---- what the log costs a post ----

# An outbox that keeps nothing: the statement is there, its row and the relay are not.
_NO_LOG = "ALTER TABLE outbox ENGINE = BLACKHOLE"


def _forget_log(rows):
    if rows.part.name == "mariadb":
        rows.part.query("INSTALL SONAME 'ha_blackhole'")
    rows.run(_NO_LOG)


def log_share(built, folder):
    """Posting, against the same with a log that keeps nothing; with the database's CPU of both."""
    for column in options.columns("mariadb", "mysql"):
        yield from _log_share(built, folder, column)


def _log_share(built, folder, column):
    with ExitStack() as stack:
        parts = stack.enter_context(backing(column, folder / column))
        sides = []
        for name in ("with", "without"):
            running = stack.enter_context(server(built / "parley", folder / f"{column}-{name}", parts.own_env(), **post.SETTINGS))
            sides.append(post.Side(running[0], parts.database, post.Talk(*running, folder).post))
            if name == "without":
                _forget_log(seed.Rows(running[0], parts.database))
        with_s, without_s = load.in_turn(*[side.run for side in sides], rounds=4)
    ratio = load.median_ratio(with_s, without_s)
    yield {"what": f"posting, messages/s, against the same with a log that keeps nothing ({KINDS[column]})",
           "value": f"{ratio:.2f}", "ratio": ratio, "goal": f">= {LOG_GOAL}", "reached": ratio >= LOG_GOAL,
           "cpu": sides[0].meter.row(),
           "figures": {"with_per_s": statistics.median(with_s), "without_per_s": statistics.median(without_s)}}
    us = [side.meter.row()["us_each"]["database"] for side in sides]
    yield {"what": f"the database's CPU for a post, against the same with a log that keeps nothing ({KINDS[column]})",
           "value": f"{us[0] / us[1]:.2f}", "ratio": us[0] / us[1], "goal": f"<= {LOG_CPU_GOAL}",
           "reached": us[0] / us[1] <= LOG_CPU_GOAL, "figures": {"with_us": us[0], "without_us": us[1]}}
