"""Tools from elsewhere: who has no network is told that a test was left out; where CI is set it fails."""
import contextlib
import os

import pytest
from harness.paths import HarnessError


@contextlib.contextmanager
def needed(what):
    try:
        yield
    except HarnessError as e:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{what} cannot be had: {e}")
