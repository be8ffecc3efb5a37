"""The units that are given out to workers: small ones, the longest first, so that all workers end at about the same time.

Tests of a file that share a fixture of their module stay together; of others, a unit has so many at most. How long a unit
takes is known from the last run (build/test-times.json, written by harness/testrun.py).
"""
import json

import pytest
from harness.paths import TEST_TIMES

TESTS_MAX = 12


def _shares(item):
    definitions = item._fixtureinfo.name2fixturedefs.values()
    return any(d.scope in ("module", "class") for found in definitions for d in found[-1:])


def mark(items):
    """Names each test's unit: file, column, and a number where the file is divided."""
    counted = {}
    for item in items:
        column = item.callspec.params.get("column", "once") if hasattr(item, "callspec") else "once"
        unit = f"{item.path.name}/{column}"
        if not _shares(item):
            counted[unit] = counted.get(unit, -1) + 1
            unit += f"/{counted[unit] // TESTS_MAX}"
        item.add_marker(pytest.mark.xdist_group(unit))


def sort(items):
    """The longest unit first; one of which nothing is known, before all others."""
    try:
        times = json.loads(TEST_TIMES.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        times = {}

    def unit(item):
        return item.get_closest_marker("xdist_group").args[0]

    items.sort(key=lambda item: (-times.get(unit(item), 1e9), unit(item)))
