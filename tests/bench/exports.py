"""Exports: a chat of many messages as JSON, through nginx: MB/s, and by how much the process grows meanwhile.

BENCH_EXPORT_MESSAGES says how many (50,000; 1,000,000 is what PERFORMANCE names, and takes some minutes to fill in).
"""
import os
import statistics
import time
import urllib.request

from bench.search import Database
from bench.server import databases, server

MESSAGES = int(os.environ.get("BENCH_EXPORT_MESSAGES", "50000"))
BATCH, ROUNDS = 200, 3
GOAL_MB_PER_S, GROWTH_MAX_MB = 50, 48
TEXT = "What was said in the meeting, and who does what until when: " * 5  # 300 characters


def _fill(database, workspace, chat, sender):
    for first in range(0, MESSAGES, BATCH):
        rows = [f"(X'{n:032x}', {workspace}, {chat}, {n + 1}, {sender}, '{TEXT}', {n + 1}, {n + 1})"
                for n in range(first, min(first + BATCH, MESSAGES))]
        database.run("INSERT INTO messages (uuid, workspace_id, chat_id, seq, sender_id, content, created_us, updated_us) "
                     "VALUES " + ",".join(rows))
    database.run(f"UPDATE chats SET last_seq = {MESSAGES}, message_count = {MESSAGES} WHERE id = {chat}")


def _peak_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def _export(client, path):
    """(bytes, seconds) of one export, of which nothing is kept."""
    request = urllib.request.Request(client.base + path, headers={"Authorization": f"Bearer {client.token}"})
    began, size, last = time.perf_counter(), 0, b""
    with urllib.request.urlopen(request, context=client.context, timeout=600) as answer:
        while piece := answer.read(1 << 20):
            size += len(piece)
            last = piece
    assert last.endswith(b"]}"), "the export broke off"
    return size, time.perf_counter() - began


def _measure(kind, built, folder, env, part):
    with server(built / "parley", folder / f"with-{kind.split()[0].lower()}", env) as (stack, client):
        database = Database(stack, part)
        place = client.workspace()
        uuid = client.chat(place)
        workspace = int(database.run("SELECT MAX(id) FROM workspaces")[0])
        chat = int(database.run("SELECT MAX(id) FROM chats")[0])
        _fill(database, workspace, chat, int(database.run("SELECT MIN(id) FROM users WHERE role = 1")[0]))
        pid = stack.parleys[0].pid
        path = f"/workspaces/{place}/chat/{uuid}/export?format=json"
        before = _peak_kib(pid)
        runs = [_export(client, path) for _ in range(ROUNDS)]
        grown_mb = (_peak_kib(pid) - before) / 1024
        speed = statistics.median(size / seconds / 1e6 for size, seconds in runs)
        figures = {"bytes": runs[0][0], "seconds": [round(seconds, 2) for _, seconds in runs]}
        yield {"what": f"export of {MESSAGES:,} messages as JSON, MB/s ({kind})", "value": f"{speed:.0f}",
               "goal": f">= {GOAL_MB_PER_S}", "reached": speed >= GOAL_MB_PER_S, "figures": figures}
        yield {"what": f"memory by which the process grows meanwhile, MiB ({kind})", "value": f"{grown_mb:.1f}",
               "goal": f"<= {GROWTH_MAX_MB}", "reached": grown_mb <= GROWTH_MAX_MB}


def run(built, folder):
    for kind, env, part in databases(folder, "sqlite", "mariadb"):
        yield from _measure(kind, built, folder, env, part)
