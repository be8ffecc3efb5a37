"""Many requests at the same moment."""
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier


def at_once(count, action):
    """Calls action(i) for i below count on threads that all start together; gives the answers in order of i."""
    barrier = Barrier(count)

    def run(i):
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
