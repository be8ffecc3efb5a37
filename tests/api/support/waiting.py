"""Waiting for what a job does: looked at again and again, since nothing tells a client when it has happened."""
import time


def second_passes(server, ask):
    """A second later by the server's clock, with questions all the while: they must keep nothing alive."""
    for _ in range(10):
        ask()
        server.clock.forward(0.1)


def until(check, timeout_s=20):
    """Returns check()'s first true value; fails after timeout_s."""
    end = time.monotonic() + timeout_s
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < end, f"still not so after {timeout_s} s"
        time.sleep(0.02)
