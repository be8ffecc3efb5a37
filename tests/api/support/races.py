"""Many requests at the same moment."""
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from .client import ThreadClients


def at_once(count, action):
    """Calls action(i) for i below count on threads that start together, each on an open connection of its own; gives the
    answers in order of i."""
    barrier = Barrier(count)
    clients = list(ThreadClients.live)

    def run(i):
        for client in clients:
            client.connect()
        barrier.wait()
        return action(i)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def statuses(answers):
    """How often each status came."""
    counted = {}
    for answer in answers:
        counted[answer.status_code] = counted.get(answer.status_code, 0) + 1
    return counted


def made_once(post):
    """post() with one Idempotency-Key from many at once and once more: gives the id of the one thing that was made."""
    answers = at_once(8, lambda i: post())
    late = [a for a in answers if a.status_code != 201]
    assert all((a.status_code, a.json()["code"]) == (409, "idempotency_running") for a in late), [a.text for a in late]
    assert all("retry-after" in a.headers for a in late)
    again = post()
    assert again.status_code == 201, again.text
    ids = {a.json()["id"] for a in answers if a.status_code == 201} | {again.json()["id"]}
    assert len(ids) == 1
    return ids.pop()
