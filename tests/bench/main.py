"""`./dev bench [NAME …]`: measures what PERFORMANCE promises, as ratios of two things measured in turn in one run.

Prints a table and writes bench.json. Each benchmark is a function of a module below; it gives rows. options.py: what it runs on,
and how long.
"""
import json
import os
import shutil
import sys
import time

from bench import (against, answers, cpu, encoding, exports, hammer, history, limits, me, memory, pages, post, rate, search, signin,
                   start, streams, timing, upload)
from harness.build import build
from harness.paths import BUILD, ROOT, HarnessError

BENCHES = {"p1": me.run, "p2": pages.run, "p3": post.run, "p4": streams.run, "p4b": rate.run, "p5": memory.run,
           "p6": hammer.run, "p7": upload.run, "p9": search.run, "p10": start.run, "p11": history.run, "log": rate.log_share,
           "export": exports.run,
           "limits": limits.run, "signin": signin.run, "timing": timing.run, "json": encoding.run, "page": answers.page,
           "me": answers.me, "chats": answers.chats, "chat": answers.chat, "against": against.run}


def show(row):
    verdict = "-" if row.get("reached") is None else "yes" if row["reached"] else "NO"
    print(f"{row['name']:<5} {row['what']:<66} {row['value']:>12}  {row['goal']:>12}  {verdict}", flush=True)
    if "cpu" in row:
        print(f"      {cpu.sentence(row['cpu'])}", flush=True)


def main():
    names = sys.argv[1:] or list(BENCHES)
    unknown = [n for n in names if n not in BENCHES]
    if unknown:
        print(f"dev bench: there is no benchmark {unknown[0]}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    folder = BUILD / f"bench-{os.getpid()}"  # two may run beside each other
    rows = []
    try:
        built = build("release", ("parley", "bench"))
        print(f"{'':<5} {'what':<66} {'figure':>12}  {'to reach':>12}  reached")
        for name in names:
            shutil.rmtree(folder, ignore_errors=True)
            began = time.monotonic()
            for row in BENCHES[name](built, folder):
                rows.append({"name": name.upper(), **row})
                show(rows[-1])
            print(f"      ({time.monotonic() - began:.0f} s)", flush=True)
    except HarnessError as e:
        print(f"dev bench: {e}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    document = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "rows": rows}
    (ROOT / "bench.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
