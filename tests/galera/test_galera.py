"""What holds on a cluster with writers on each node: one schema, one order, one relay at a time."""
import random
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from harness.process import wait_until
from torture.client import Client
from torture.database import SqlServer
from torture.plan import Leg
from torture.run import Torture
from torture.world import World

NODES = 3
RACERS, POSTS = 24, 60
LEG = Leg("galera", "mariadb", NODES, redis=False)


def torture(stack, backing, faults, seconds, **more):
    found = Torture(LEG, stack, backing, seed=random.SystemRandom().randrange(10 ** 9), faults=faults, **more)
    is_good = found.run(seconds)
    print(found.report())
    assert is_good, found.report()
    return found


def lease(stack, backing):
    """Who is the relay, and until when; None: nobody yet."""
    found = backing.database.query("SELECT HEX(holder), until_us FROM job_leases WHERE name = 'relay'", stack.database)
    return found[0].split("\t") if found else None


def steps(cluster):
    """How many steps of a relay each node has been asked for: nothing else deletes from two tables."""
    return [int(node.query("SHOW GLOBAL STATUS LIKE 'Com_delete_multi'", "")[0].split("\t")[1]) for node in cluster.nodes]


def test_galera__processes_that_start_at_once_make_one_schema(make_stack, cluster):
    stack = make_stack()
    versions = [node.query("SELECT COUNT(*), MAX(version), SUM(statements_done <> statement_count) FROM schema_migrations",
                           stack.database) for node in cluster.nodes]
    count, newest, unfinished = versions[0][0].split("\t")
    assert count == newest and unfinished == "0" and versions == [versions[0]] * NODES


def test_galera__writers_on_each_node_give_one_order_without_gaps(make_stack, backing):
    """A race that is lost, for a seq or for a row, is nothing that a client hears of."""
    stack = make_stack()
    found = torture(stack, backing, (), 20, pause_s=0)
    assert not [what for what in found.world.counts if "answer" in what or "cut" in what or "doubt" in what], found.report()
    origins = backing.database.query(f"SELECT outbox_id % {NODES} FROM event_log", stack.database)
    assert len(Counter(origins)) == NODES


def test_galera__race_for_the_next_number_of_a_chat_is_run_again(make_stack):
    """Whether the nodes call it a deadlock (1213) or a key that is there already (1062)."""
    stack = make_stack()
    world = World(stack.base_url, stack.ca, seed=0)
    path = f"{world.path}/chat/{world.chats[0]}/message"

    def post(number):
        client = Client(stack.base_url, stack.ca)
        client.token = world.people[number % len(world.people)].client.token
        return Counter(client.ask("POST", path, {"content": f"{number}-{count}"})[0] for count in range(POSTS))

    with ThreadPoolExecutor(RACERS) as pool:
        statuses = sum(pool.map(post, range(RACERS)), Counter())
    assert statuses == {201: RACERS * POSTS}
    assert [message["seq"] for message in world.history(world.chats[0])] == list(range(1, RACERS * POSTS + 1))


def test_galera__survives_what_becomes_of_processes(make_stack, backing):
    torture(make_stack(), backing, ("parley_killed", "parley_stopped", "parley_ended", "transaction_held"), 20)


def test_galera__one_relay_at_a_time(make_stack, backing, cluster):
    stack = make_stack()
    wait_until(lambda: lease(stack, backing), 20, "a relay")
    holder, before = lease(stack, backing)[0], steps(cluster)
    torture(stack, backing, (), 10)
    assert lease(stack, backing)[0] == holder
    grown = [after - earlier for after, earlier in zip(steps(cluster), before, strict=True)]
    assert grown.count(0) == NODES - 1, grown


def test_galera__relay_that_is_stopped_holds_nobody_up(make_stack, backing):
    """Its lease is another's after some seconds; until then the others do without one."""
    stack = make_stack()
    wait_until(lambda: lease(stack, backing), 20, "a relay")
    database = SqlServer(stack, backing)
    for parley in stack.parleys:  # one of them is the relay
        holder = lease(stack, backing)[0]
        parley.send(signal.SIGSTOP)
        try:
            for number in range(5):
                database.rows(f"INSERT INTO outbox (kind, user_id, at_us) VALUES (19, {number}, 0)")
                began = time.monotonic()
                wait_until(lambda: database.waiting() == 0, 5, "the event's position")
                assert time.monotonic() - began < 2
            until_us = int(lease(stack, backing)[1])
            wait_until(lambda until_us=until_us: int(lease(stack, backing)[1]) > until_us, 15, "a relay that renews its lease")
        finally:
            parley.send(signal.SIGCONT)
        if lease(stack, backing)[0] != holder:
            return
    raise AssertionError("the lease was nobody's who was stopped")
