"""One child process with a folder and a log: what every part is made of."""
import ctypes
import os
import select
import signal
import subprocess
import time
from pathlib import Path

from .paths import HarnessError

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with(parent_pid):
    """Runs in the child, before exec: it gets SIGTERM when the thread that started it is gone."""
    def setup():
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent_pid:
            os._exit(1)
    return setup


def last_lines(path, count=15):
    """The end of a log, for showing to a person."""
    try:
        with open(path, "rb") as f:
            f.seek(0, os.SEEK_END)
            f.seek(max(0, f.tell() - 16384))
            text = f.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-count:])


def wait_until(check, timeout_s, what, parts=()):
    """Waits until check() is true; says what was waited for, and which part died meanwhile."""
    end = time.monotonic() + timeout_s
    pause_s = 0.005
    while not check():
        for part in parts:
            if not part.alive():
                raise HarnessError(f"{part.name} ended by itself ({part.exit_text()}) while {what} was awaited\n"
                                   f"The end of {part.log}:\n{last_lines(part.log)}")
        if time.monotonic() > end:
            logs = "".join(f"\nThe end of {p.log}:\n{last_lines(p.log)}" for p in parts)
            raise HarnessError(f"{what} did not come within {timeout_s:.0f} s{logs}")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.3, 0.1)


def wait_for_end(parts):
    """Sleeps until one of these parts ends, and returns it. Other children of this process are not looked at: it may have
    some from before it became this program, and as a container's process 1 it is given orphans."""
    waiting = select.poll()
    handles = {os.pidfd_open(part.pid): part for part in parts if part.alive()}
    try:
        for handle in handles:
            waiting.register(handle, select.POLLIN)
        while True:
            for part in parts:
                if not part.alive():
                    return part
            waiting.poll()
    finally:
        for handle in handles:
            os.close(handle)


def run(command, log, what, env=None, cwd=None, timeout_s=3600):
    """Runs a command to its end with its output in a log; a failure shows the log's end."""
    log = Path(log)
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as out:
        try:
            done = subprocess.run([str(c) for c in command], stdout=out, stderr=subprocess.STDOUT, env=env, cwd=cwd,
                                  stdin=subprocess.DEVNULL, timeout=timeout_s, check=False,
                                  preexec_fn=_die_with(os.getpid()))
        except subprocess.TimeoutExpired:
            raise HarnessError(f"{what} took longer than {timeout_s} s\nThe end of {log}:\n{last_lines(log)}") from None
    if done.returncode != 0:
        raise HarnessError(f"{what} failed (exit {done.returncode})\nThe end of {log}:\n{last_lines(log)}")


class Part:
    """A program that runs until it is stopped. A subclass says how it is prepared, started and found healthy."""

    stop_timeout_s = 20
    stop_signal = signal.SIGTERM

    def __init__(self, name, folder):
        self.name = name
        self.folder = Path(folder).absolute()
        self.log = self.folder / f"{name}.log"
        self.child = None
        self.swept = True

    def spawn(self, command, env=None, cwd=None):
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as out:
            # A session of its own: Ctrl-C at the terminal reaches the harness only, which then ends things in order.
            self.child = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT, env=env, cwd=cwd or self.folder,
                                          start_new_session=True, preexec_fn=_die_with(os.getpid()))
        self.swept = False

    @property
    def pid(self):
        return self.child.pid if self.child else None

    def alive(self):
        return self.child is not None and self.child.poll() is None

    def exit_text(self):
        code = self.child.poll() if self.child else None
        if code is None:
            return "still there"
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"

    def healthy(self):
        return self.alive()

    def send(self, number):
        if self.alive():
            self.child.send_signal(number)

    def kill(self):
        """As if the power went: SIGKILL, for it and what it has started."""
        self.send(signal.SIGKILL)
        if self.child:
            self.child.wait()
            self._sweep()

    def _sweep(self):
        """Ends what is left of its process group: a master that was killed leaves its workers behind. Once only: later
        the number may be somebody else's."""
        if self.swept:
            return
        self.swept = True
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def stop(self):
        """Asks it to end, waits, and insists when it does not. Fine to call twice. Returns its exit status."""
        if self.child is None:
            return None
        self.send(self.stop_signal)
        try:
            self.child.wait(self.stop_timeout_s)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self.child.wait()
        self._sweep()
        return self.child.returncode
