"""How long and on what the benchmark runs: settings of the environment.

  BENCH_ON=sqlite,mariadb,mysql   the kinds of database
  BENCH_SCALE=1                   each run of a load takes so many times its seconds: 0.3 to see whether it works, 5 for figures
                                  that are to be believed to a hundredth
"""
import os

COLUMNS = tuple(os.environ.get("BENCH_ON", "sqlite,mariadb,mysql").split(","))
SCALE = float(os.environ.get("BENCH_SCALE", "1"))


def seconds(wanted):
    """Whole seconds, at least one."""
    return max(1, round(wanted * SCALE))


def columns(*possible):
    """Those of the possible kinds of database that are asked for."""
    return [c for c in possible if c in COLUMNS]
