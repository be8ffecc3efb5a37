"""P9: search over 100,000 messages (P9_MESSAGES) in 1,000 chats, for a member of 100 of them, against the database's own
statement; and posting while words are indexed against posting while they are not."""
import json
import os
import random
import signal
import statistics
import time

from bench import load, options, seed
from bench.server import databases, server
from harness.process import wait_until

CHATS, JOINED, SECONDS, CLIENTS, BATCH = 1000, 100, options.seconds(4), 8, 400
MESSAGES = int(os.environ.get("P9_MESSAGES", "100000"))
WORDS_OF_A_MESSAGE = 12  # a batch is an argument of a client, so it has 128 KiB at most
WAIT_S = 600 + MESSAGES / 200
POSTING_GOAL = 0.9
BODY = json.dumps({"content": "A message of the benchmark, with a sentence or two in it."})

# What the index answers from: the newest 50 messages with a word, of the chats that one may read.
_OWN = ("SELECT m.id, m.content FROM words i JOIN messages m ON m.id = i.message_id JOIN chats c ON c.id = m.chat_id "
        "WHERE i.workspace_id = (SELECT MAX(workspace_id) FROM messages) AND i.word = {word} AND c.join_mode = 0 "
        "ORDER BY i.message_id DESC LIMIT 50")


class Database(seed.Rows):
    def bytes_of_index(self):
        if self.part is None:
            return None
        self.run("OPTIMIZE TABLE words")
        self.run("ANALYZE TABLE words, word_runs")
        rows = self.run("SELECT SUM(data_length) FROM information_schema.tables WHERE table_name IN ('words', 'word_runs') AND "
                        f"table_schema = '{self.name}'")
        return int(rows[0])


def _fill(database, workspace, sender):
    """Chats of others are invite-only ones; words are as unequal as those of a language (Zipf)."""
    pick = random.Random(9)
    words = [f"word{n}" for n in range(20000)]
    weights = [1 / (n + 1) for n in range(len(words))]
    chats = [int(line.split("\t")[0]) for line in database.run(
        f"SELECT id FROM chats WHERE workspace_id = {workspace} ORDER BY id")]
    seqs = dict.fromkeys(chats, 0)
    for first in range(0, MESSAGES, BATCH):
        rows = []
        for n in range(first, min(first + BATCH, MESSAGES)):
            chat = pick.choice(chats)
            seqs[chat] += 1
            text = " ".join(pick.choices(words, weights, k=WORDS_OF_A_MESSAGE))
            rows.append(f"(X'{n:032x}', {workspace}, {chat}, {seqs[chat]}, {sender}, '{text}', {n + 1}, {n + 1})")
        database.run("INSERT INTO messages (uuid, workspace_id, chat_id, seq, sender_id, content, created_us, updated_us) "
                     "VALUES " + ",".join(rows))
    database.run("INSERT INTO index_queue (message_id, workspace_id) SELECT id, workspace_id FROM messages")


def _wait_for_index(database):
    wait_until(lambda: database.run("SELECT COUNT(*) FROM index_queue") == ["0"], WAIT_S, "the index")


def _pack(database, stack):
    """The job that puts the index together does so now, and not in a day."""
    database.run("DELETE FROM job_leases WHERE name = 'pack_words'")
    for parley in stack.parleys:
        parley.send(signal.SIGUSR1)
    left = "SELECT COUNT(*) FROM (SELECT word FROM words GROUP BY workspace_id, word HAVING COUNT(*) >= 32 LIMIT 1) AS many"
    wait_until(lambda: database.run(left) == ["0"], WAIT_S, "the index to be put together")


def _indexing(database, allowed):
    """Another process has the lease of the job, or nobody."""
    database.run("DELETE FROM job_leases WHERE name = 'index_words'")
    if not allowed:
        database.run(f"INSERT INTO job_leases (name, holder, until_us) VALUES ('index_words', X'{0:032x}', {2 ** 62})")


def _posting(kind, folder, stack, client, database, place, chats):
    paths = folder / "paths"
    paths.write_text("".join(f"/workspaces/{place}/chat/{chat}/message\n" for chat in chats), encoding="ascii")

    def post():
        return load.run(stack.base_url, SECONDS, CLIENTS, token=client.token, method="POST", paths_file=paths, body=BODY).per_s

    def indexed():
        _indexing(database, True)
        return post()

    def unindexed():
        _wait_for_index(database)
        _indexing(database, False)
        return post()

    a, b = load.in_turn(indexed, unindexed, rounds=3)
    ratio = load.median_ratio(a, b)
    return {"what": f"posting, messages/s, with indexing under way against without ({kind})", "value": f"{ratio:.2f}",
            "ratio": ratio, "goal": f">= {POSTING_GOAL:.2f}", "reached": ratio >= POSTING_GOAL,
            "figures": {"with_per_s": round(statistics.median(a)), "without_per_s": round(statistics.median(b))}}


def _statement_us(database, word, rounds=20):
    """The time of the database's own statement, by its own client: the median."""
    times = []
    key = f"X'{word.encode().hex()}'"
    for _ in range(rounds):
        began = time.perf_counter()
        database.run(_OWN.format(word=key))
        times.append((time.perf_counter() - began) * 1e6)
    return statistics.median(times)


def _measure(kind, built, folder, env, part):
    with server(built / "parley", folder / f"with-{kind.split()[0].lower()}", env) as (stack, client):
        database = Database(stack, part)
        place = client.workspace()
        made = [client.call("POST", f"/workspaces/{place}/chat",
                            {"title": f"Chat {n}", "join": "workspace" if n < JOINED else "open"}) for n in range(CHATS)]
        workspace = int(database.run("SELECT MAX(id) FROM workspaces")[0])
        sender = int(database.run("SELECT MIN(id) FROM users WHERE role = 1")[0])
        # Who makes an open chat is in it: out again, so that most chats are not for the one who asks.
        database.run(f"DELETE FROM chat_members WHERE workspace_id = {workspace}")
        _fill(database, workspace, sender)
        _wait_for_index(database)
        figures = {"statement_us": round(_statement_us(database, "word3"))}
        size = database.bytes_of_index()
        _pack(database, stack)
        for name, query in (("rare", "word9000"), ("common", "word3"), ("two", "word3%20word50"), ("beginning", "word12")):
            run = load.run(f"{stack.base_url}/workspaces/{place}/search?q={query}", SECONDS, CLIENTS, token=client.token)
            figures[name] = {"p50_us": run.p50_us, "p95_us": run.p95_us, "per_s": round(run.per_s)}
        if size is not None:
            figures["index_bytes_a_message"] = round(database.bytes_of_index() / MESSAGES)
            figures["before_it_was_packed"] = round(size / MESSAGES)
        worst = max(row["p95_us"] for row in figures.values() if isinstance(row, dict))
        yield {"what": f"search in {MESSAGES:,} messages, {CLIENTS} clients, the slowest p95 in ms ({kind})",
               "value": f"{worst / 1000:.1f}", "goal": "< 20", "reached": worst < 20_000, "figures": figures}
        # What was filled in behind the server's back has taken seqs of which the chats know nothing.
        database.run("UPDATE chats SET last_seq = (SELECT COALESCE(MAX(m.seq), 0) FROM messages m WHERE m.chat_id = chats.id), "
                     f"version = version + 1 WHERE workspace_id = {workspace}")
        yield _posting(kind, folder, stack, client, database, place, [chat["id"] for chat in made[:JOINED]])


def run(built, folder):
    for kind, env, part in databases(folder, "sqlite", "mariadb"):
        yield from _measure(kind, built, folder, env, part)
