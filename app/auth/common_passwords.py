#!/usr/bin/env python3
"""Writes the list of the commonest passwords as tables of C. Usage: common_passwords.py OUT_FILE

The list is the one of Debian's package python3-zxcvbn, commonest first. Taken are the first 10,000 of those that are long
enough to be chosen at all (PASSWORD_MIN_BYTES); each length has a table of its own, in the order of memcmp.
"""
import sys
from pathlib import Path

COUNT, MIN_BYTES, MAX_BYTES = 10_000, 8, 72

HEAD = """\
/*
 * Made by app/auth/common_passwords.py. The passwords come from zxcvbn (Debian's package python3-zxcvbn), under the MIT
 * licence, whose text stands in LICENSE: Copyright (c) 2012-2013 Dropbox, Inc., (c) 2016 Daniel Wolf.
 */
"""


def listed():
    # Debian's folder, also for a Python that is not Debian's.
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        from zxcvbn.frequency_lists import FREQUENCY_LISTS
    except ImportError:
        sys.exit("common_passwords.py: the list is missing: apt-get install python3-zxcvbn")
    return FREQUENCY_LISTS["passwords"]


def commonest(passwords):
    """The first COUNT that can be chosen, lower case, as {bytes: [password]}. Anything but printable ASCII is no password
    of this list, and would need another way of comparing."""
    folded = dict.fromkeys(p.lower() for p in passwords)
    fitting = [p for p in folded if MIN_BYTES <= len(p) <= MAX_BYTES][:COUNT]
    if len(fitting) < COUNT or not all(p.isascii() and p.isprintable() for p in fitting):
        sys.exit(f"common_passwords.py: there are not {COUNT} passwords of ASCII in the list")
    return {size: sorted(p for p in fitting if len(p) == size) for size in sorted({len(p) for p in fitting})}


def literal(password):
    return '"' + "".join(c if c.isalnum() or c in " _-.,!@#$%&*+" else f"\\{ord(c):03o}" for c in password) + '"'


def written(by_size):
    yield HEAD
    for size, passwords in by_size.items():
        yield f"static const char of_{size}_bytes[{len(passwords)}][{size + 1}] = {{\n"
        yield "".join(f"    {literal(p)},\n" for p in passwords)
        yield "};\n"
    yield "static const struct table tables[] = {\n"
    for size, passwords in by_size.items():
        yield f"    {{ {size}, {len(passwords)}, of_{size}_bytes[0] }},\n"
    yield "};\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text("".join(written(commonest(listed()))), encoding="ascii")
