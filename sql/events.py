"""What a statement that changes something visible tells the live events.

`-- event: message.created, chat.updated` or `-- event: none, because <reason>`: each statement that changes a live table
says it, so that a change that nobody hears of is a decision and not an oversight. Kinds are rows of events.def.
"""
import re

from text import fault

MARK = re.compile(r"--\s*event:\s*(.*)")
_NONE = re.compile(r"none,\s*because\s+(\S.*)")
_ROW = re.compile(r'^EVENT\((\w+), "([a-z0-9_.]+)", (?:PUBLIC|INTERNAL), (?:ENDS|KEEPS),\s+"[^"]+"\)$', re.M)

_KINDS_MAX = 64

# The tables whose change somebody with an open stream sees, or that decide whether the stream may stay open.
LIVE_TABLES = {
    "messages": "message.* carry them",
    "attachments": "message.* carry those of a message",
    "chats": "chat.* carry them; their join mode decides who may read",
    "chat_members": "member.* tell who is in a chat; they decide who may read it",
    "chat_states": "read and state tell how far somebody has read, and what they keep of a chat",
    "mentions": "message.* carry them",
    "reactions": "reaction.changed tells each",
    "pins": "message.pinned tells each",
    "forwards": "message.created carries them",
    "saved": "message.saved tells each, to whom it belongs",
    "scheduled": "message.created tells what was sent, state what could not be",
    "members": "member.* tell who is in a workspace; they decide who may read it",
    "workspaces": "their deletion and their demand for a second factor end streams",
    "users": "their names stand in messages and lists of members; their state decides whether they may read",
    "sessions": "a stream lives as long as its session",
    "api_keys": "a stream lives as long as its key is good",
}


def read_kinds(path):
    """{name: number}: the numbers are those of enum event_kind (include/parley/domain/events/event.h)."""
    text = path.read_text(encoding="utf-8")
    rows = _ROW.findall(text)
    if len(rows) != len(re.findall(r"^EVENT\(", text, re.M)) or not rows:
        fault(path, 1, 'a row is EVENT(IDENTIFIER, "name", PUBLIC or INTERNAL, ENDS or KEEPS, "one sentence")')
    for column, what in enumerate(("identifier", "name")):
        values = [row[column] for row in rows]
        for value in sorted({value for value in values if values.count(value) > 1}):
            fault(path, 1, f"two kinds have the {what} {value}")
    if len(rows) > _KINDS_MAX:
        fault(path, 1, f"a statement's kinds are bits of 64; there are {len(rows)}")
    return {name: number for number, (_, name) in enumerate(rows)}


class Mark:
    def __init__(self, path, line, text):
        self.path, self.line = path, line
        self.kinds = []
        if not _NONE.fullmatch(text):
            self.kinds = [kind.strip() for kind in text.split(",")]

    def bits(self, known):
        """What the statement makes due in its transaction: a bit for each kind."""
        return sum({1 << known[kind] for kind in self.kinds if kind in known})

    def check(self, name, known):
        for kind in self.kinds:
            if kind == "none":
                fault(self.path, self.line, f"{name}: say it as: -- event: none, because <reason>")
                return
            if kind not in known:
                fault(self.path, self.line, f"{name}: events.def has no kind '{kind}'")


def changed_tables(text):
    """The live tables that a statement changes: those before SET, WHERE or VALUES, not those it only looks at."""
    if text.verb() in (None, "SELECT"):
        return set()
    words = [word for i, word in text.outside() if i >= text.verb_at()]
    end = next((i for i, word in enumerate(words) if word in ("set", "where", "values", "select")), len(words))
    return LIVE_TABLES.keys() & {word for i, word in enumerate(words[:end]) if words[i - 1] != "."}


def check(statement, known):
    tables = sorted(set().union(*(changed_tables(text) for text in statement.texts.values())))
    if statement.event:
        statement.event.check(statement.name, known)
        if not tables:
            fault(statement.path, statement.line, f"{statement.name} changes no live table; its -- event: says nothing")
    elif tables:
        fault(statement.path, statement.line, f"{statement.name} changes {', '.join(tables)} and does not say what is told: "
              "-- event: <kind>, <kind> (events.def), or -- event: none, because <reason>")
