"""P10: from the start of `parley serve` to its first answer."""
import statistics
import time

from bench.server import backing, server


def _starts(stack, count=7):
    """Milliseconds until nginx, which keeps running, gets an answer from a newly started process."""
    took = []
    parley = stack.parleys[0]
    for _ in range(count):
        parley.stop()
        began = time.monotonic()
        parley.start()
        while stack.nginx.get_status("/health/live") != 200:
            time.sleep(0.001)
        took.append((time.monotonic() - began) * 1000)
    return took[1:]


def _row(kind, took, limit_ms):
    value = statistics.median(took)
    return {"what": f"start to first answer, existing database ({kind})", "value": f"{value:.0f} ms",
            "ratio": value / limit_ms, "goal": f"<= {limit_ms} ms", "reached": value <= limit_ms,
            "figures": {"all_ms": took}}


def run(built, folder):
    with server(built / "parley", folder / "sqlite") as (stack, _):
        yield _row("SQLite", _starts(stack), 150)
    with backing("mariadb", folder) as parts:
        with server(built / "parley", folder / "mariadb", parts.env) as (stack, _):
            yield _row("MariaDB", _starts(stack), 300)
