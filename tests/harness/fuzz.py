"""`./dev fuzz [TARGET] [SECONDS]`: libFuzzer over each tests/fuzz/fuzz_*.c, from its seeds in tests/fuzz/corpus.

As many targets at a time as there are cores."""
import concurrent.futures
import os
import subprocess
import sys

from .build import build
from .paths import BUILD, ROOT, HarnessError
from .process import last_lines


def targets():
    return sorted(p.stem for p in (ROOT / "tests/fuzz").glob("fuzz_*.c"))


def fuzz(folder, target, seconds):
    """True where nothing was found. New inputs are kept in build/, so that the tree stays as it is."""
    found = BUILD / "fuzz-corpus" / target
    found.mkdir(parents=True, exist_ok=True)
    seeds = ROOT / "tests/fuzz/corpus" / target.removeprefix("fuzz_")
    if not seeds.is_dir():
        seeds = ROOT / "tests/fuzz/corpus" / target
    log = BUILD / f"{target}.log"
    command = [str(folder / target), f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
               "-print_final_stats=1", f"-artifact_prefix={BUILD}/{target}-", str(found)]
    if seeds.is_dir():
        command.append(str(seeds))
    with open(log, "wb") as out:
        status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, cwd=BUILD, check=False,
                                env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1"}).returncode
    runs = next((line.split(":")[-1].strip() for line in log.read_text(errors="replace").splitlines()
                 if "number_of_executed_units" in line), "?")
    print(f"{target:28} {'ok' if status == 0 else f'FAILED ({status})'}  {runs} runs", flush=True)
    if status != 0:
        print(f"The end of {log}:\n{last_lines(log, 40)}", file=sys.stderr)
    return status == 0


def run(names, seconds):
    """True where the named targets build and nothing is found in them."""
    try:
        folder = build("fuzz", names)
    except HarnessError as e:
        print(f"dev fuzz: {e}", file=sys.stderr)
        return False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return all(list(pool.map(lambda target: fuzz(folder, target, seconds), names)))


def main():
    names = [a for a in sys.argv[1:] if not a.isdigit()]
    seconds = next((int(a) for a in sys.argv[1:] if a.isdigit()), 30)
    chosen = [t for t in targets() if not names or t in names or t.removeprefix("fuzz_") in names]
    if not chosen:
        print(f"dev fuzz: there is no target {' '.join(names)}; there are {', '.join(targets())}", file=sys.stderr)
        return 2
    return 0 if run(chosen, seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
