"""Whether all that was acknowledged is in the log, and each reader was told what the log has, once and in order."""
import itertools
from collections import Counter

from .plan import TOLD

SHOWN = 5  # of one kind of fault


def some(found):
    """As text, where there are many."""
    found = list(found)
    return f"{found[:SHOWN]}" + (f" and {len(found) - SHOWN} more" if len(found) > SHOWN else "")


def expected(world, reader, rows):
    """{position: row} of what a reader is to be told from its beginning on."""
    first = reader.position_of(reader.first)
    return {row.position: row for row in rows
            if row.position > first and row.kind in TOLD and row.workspace == world.workspace
            and reader.person.id in world.members.get(row.chat, ()) and reader.chat in (None, row.chat)}


# ---- the log ----

def judge_log(world, rows, last_position, histories):
    faults = []
    positions = [row.position for row in rows]
    gaps = [(a, b) for a, b in itertools.pairwise(positions) if b != a + 1]
    if gaps:
        faults.append(f"the log has gaps: {some(gaps)}")
    if positions and positions[0] != 1:
        faults.append(f"the log begins at {positions[0]} by now")
    if positions and positions[-1] != last_position:
        faults.append(f"the last row of the log has position {positions[-1]}, and it says {last_position}")
    created = Counter(row.subject for row in rows if row.kind == "message.created")
    changed = Counter((row.kind, row.subject) for row in rows)
    stored = {message["id"]: message for history in histories.values() for message in history}
    _list(faults, "acknowledged messages are not there", set(world.posted) - set(stored))
    _list(faults, "messages have not one event that tells of them",
          (id for id in stored if created[id] != 1))
    _list(faults, "acknowledged changes are not in the log",
          (what for what, count in world.changes.items() if changed[what] < count))
    texts = Counter(message["nonce"] for message in stored.values())
    _list(faults, "posts were stored twice", (nonce for nonce, count in texts.items() if count > 1))
    for chat, history in histories.items():
        seqs = {message["id"]: message["seq"] for message in history}
        if [message["seq"] for message in history] != list(range(1, len(history) + 1)):
            faults.append(f"the seqs of chat {chat} have gaps")
        told = [seqs[row.subject] for row in rows if row.kind == "message.created" and row.chat == chat]
        if told != sorted(told):
            faults.append(f"the log has the messages of chat {chat} in another order than the chat")
    return faults


def _list(faults, what, found):
    found = sorted(map(str, found))
    if found:
        faults.append(f"{len(found)} {what}: {some(found)}")


# ---- a reader ----

def judge_reader(world, reader, rows, histories):
    wanted, told = expected(world, reader, rows), reader.told
    faults = [*reader.faults[:SHOWN]]
    _list(faults, "changes were missed", (f"{p} {wanted[p].kind}" for p in wanted if p not in told))
    _list(faults, "changes were told that are not for it", (f"{p} {told[p][0]}" for p in told if p not in wanted))
    _list(faults, "changes were told as something else",
          (f"{p} {told[p][:2]}" for p in told if p in wanted and told[p][:2] != (wanted[p].kind, wanted[p].subject)))
    if list(told) != sorted(told):
        faults.append("changes were told out of order")
    faults += judge_state(reader, told, histories)
    return [f"reader {reader.name!r}: {fault}" for fault in faults]


def judge_state(reader, told, histories):
    """What it knows by now of each message that it was told of is what the chat shows."""
    known, deleted, reactions = {}, set(), {}
    for kind, about, data in told.values():
        if kind in ("message.created", "message.updated"):
            known[about] = data["content"]
        elif kind == "message.deleted":
            deleted.add(about)
        elif kind == "reaction.changed":
            reactions[about, data["emoji"]] = data["count"]
    faults, wrong = [], []
    for message in (message for history in histories.values() for message in history):
        about = message["id"]
        if (message["deleted_at"] is not None) != (about in deleted) and about in known:
            wrong.append(f"{about} is deleted")
        elif about in known and about not in deleted and known[about] != message["content"]:
            wrong.append(f"{about} has text {known[about]!r}, not {message['content']!r}")
        counts = {found["emoji"]: found["count"] for found in message["reactions"]}
        wrong += [f"{about} has {count} of {emoji}" for (of, emoji), count in reactions.items()
                  if of == about and about not in deleted and counts.get(emoji, 0) != count]
    _list(faults, "messages are known otherwise than they are", wrong)
    return faults
