"""`./dev lint`: the quick checks. Prints each fault with its place; status 1 where there is one."""
import subprocess
import sys
import time
from pathlib import Path

import columns
import generated
import hand
import headers
import layers
import locks
import nginx
import openapi
import paths
import shell
import sizes
import style
import words
from common import ROOT

sys.path.insert(0, str(ROOT / "tests"))


def built_binary():
    """The release binary; it prints what is compared with README and .env.example."""
    from harness.build import build
    return build("release") / "parley"


def main():
    binary = built_binary()
    checks = (
        ("rooms and vendors", layers.faults),
        ("locks", locks.faults),
        ("columns", columns.faults),
        ("headers alone", lambda: headers.faults(Path(binary).parent / "generated")),
        ("sizes", sizes.faults),
        ("words", words.faults),
        ("named paths", paths.faults),
        ("one hand", hand.faults),
        ("shape", style.faults),
        ("scripts", shell.faults),
        ("nginx templates", nginx.faults),
        ("generated files", lambda: generated.faults(binary)),
        ("OpenAPI document", lambda: openapi.faults(binary)),
    )
    total = 0
    for name, check in checks:
        began = time.monotonic()
        faults = check()
        total += len(faults)
        print(f"{name:20} {'ok' if not faults else f'{len(faults)} fault(s)'}  ({time.monotonic() - began:.1f} s)",
              file=sys.stderr)
        for line in faults:
            print("  " + line, file=sys.stderr)
    return 1 if total else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (subprocess.CalledProcessError, RuntimeError, OSError) as e:
        print(f"dev lint: {e}", file=sys.stderr)
        sys.exit(1)
    except Exception as e:  # a build that fails tells its own story
        if type(e).__name__ != "HarnessError":
            raise
        print(f"dev lint: {e}", file=sys.stderr)
        sys.exit(1)
