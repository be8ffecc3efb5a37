"""The clock of servers under test: builds for tests go ahead by what stands in a file (app/core/clock.c)."""
import mmap
import struct
import time
from pathlib import Path

_FORM = struct.Struct("=q")


class TestClock:
    """Time as a server with `env` in its environment has it; `forward` moves it on, for all of its threads at once."""

    def __init__(self, path):
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(_FORM.pack(0))
        with open(path, "r+b") as file:
            self._ahead = mmap.mmap(file.fileno(), _FORM.size)
        self.env = {"PARLEY_TEST_CLOCK": str(path)}

    @property
    def ahead_s(self):
        return _FORM.unpack_from(self._ahead)[0] / 1e6

    def now(self):
        """Seconds since 1970, as time.time()."""
        return time.time() + self.ahead_s

    def forward(self, seconds):
        assert seconds >= 0, "a server's clock never goes back"
        _FORM.pack_into(self._ahead, 0, _FORM.unpack_from(self._ahead)[0] + round(seconds * 1e6))
