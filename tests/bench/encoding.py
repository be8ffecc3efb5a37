"""JSON out: a page of 50 messages against copying its bytes and looking at each of them once."""
import statistics
import subprocess

RUNS = 5


def run(built, folder):
    runs = []
    for _ in range(RUNS):
        done = subprocess.run([built / "bench_json"], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        size_bytes, ours_ns, bare_ns, ratio = map(float, done.stdout.split())
        runs.append((ratio, ours_ns, bare_ns, size_bytes))
    ratio = statistics.median(r[0] for r in runs)
    yield {"what": "50 messages as JSON, against a copy and one look at each byte", "value": f"{ratio:.2f}", "ratio": ratio,
           "goal": "<= 1.50", "reached": ratio <= 1.5,
           "figures": {"encode_ns": statistics.median(r[1] for r in runs), "bare_ns": statistics.median(r[2] for r in runs),
                       "bytes": runs[0][3]}}
