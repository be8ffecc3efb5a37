#!/usr/bin/env python3
"""Turns sql/queries and sql/schema into tables of C. Usage: compile.py SQL_FOLDER EVENTS_DEF OUT_FOLDER

Reads   SQL_FOLDER/queries/*.sql                       named statements (sql/README.md says how they are written)
        EVENTS_DEF                                     the kinds of live events
        SQL_FOLDER/schema/{sqlite,mysql}/NNNN_name.{up,down}.sql
Writes  OUT_FOLDER/parley/db/statements.h              enum sql, and the enums of columns
        OUT_FOLDER/statements.c                        const struct statement statements[]
        OUT_FOLDER/schema.c                            const struct schema schemas[]
        OUT_FOLDER/statements.json                     the same for tests
Every fault is reported as file:line, all of them in one run; nothing is written then. A file that would not change is
not touched.
"""
import hashlib
import json
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the build leaves nothing in the folder of the sources

from columns import LIST, Columns, Lists, check_constants, enums_c
from events import MARK, Mark, read_kinds
from events import check as check_event
from text import NAME, TOKEN, VERBS, Text, fault, faults

KINDS = ("sqlite", "mysql")
TENANT_TABLES = {"members", "invitations", "chats", "chat_members", "chat_states", "chat_gaps", "messages",
                 "message_versions", "mentions", "reactions", "pins", "attachments", "uploads", "words",
                 "webhooks", "notices", "word_runs", "forwards", "saved", "scheduled", "providers", "workspace_models",
                 "generations", "message_alternatives", "message_calls", "prompts"}
STEP_FILE = re.compile(r"([0-9]{4})_([a-z][a-z0-9_]*)\.(up|down)\.sql")


def tenant_tables(text):
    words = text.words
    return {word for i, word in enumerate(words)
            if word in TENANT_TABLES and (i == 0 or words[i - 1] not in (".", "as"))}


class Statement:
    def __init__(self, path, line, name):
        self.path, self.line, self.name = path, line, name
        self.parts = {None: []}
        self.open = None
        self.no_tenant = self.event = self.columns = None

    def add_line(self, text, line):
        stripped = text.strip()
        marker = re.fullmatch(r"--\s*@(\w+)\s*", stripped)
        if marker:
            self.begin_variant(marker.group(1), line)
            return
        tenant = re.fullmatch(r"--\s*tenant:\s*(.*)", stripped)
        if tenant:
            self.set_tenant(tenant.group(1), line)
            return
        event = MARK.fullmatch(stripped)
        if event:
            self.set_event(Mark(self.path, line, event.group(1)))
            return
        self.parts[self.open].append((line, stripped))

    def begin_variant(self, kind, line):
        if kind not in KINDS:
            fault(self.path, line, f"@{kind}: there are @mysql and @sqlite")
        elif kind in self.parts:
            fault(self.path, line, f"{self.name} has @{kind} twice")
        else:
            self.parts[kind] = []
            self.open = kind

    def set_tenant(self, text, line):
        reason = re.fullmatch(r"none,\s*(\S.*)", text)
        if reason:
            self.no_tenant = reason.group(1)
        else:
            fault(self.path, line, "say it as: -- tenant: none, <reason>")

    def set_event(self, mark):
        if self.event:
            fault(self.path, mark.line, f"{self.name} has -- event: twice; kinds stand in one, with commas")
        self.event = mark

    def text(self, *parts):
        """The lines of these parts, each at its own place, so that faults name the right one."""
        raw, at = "", self.line
        for line, text in sum(parts, []):
            raw += "\n" * (line - at) + text
            at = line
        return Text(self.path, self.line, raw)

    def text_of(self, kind):
        common, variant = self.parts[None], self.parts.get(kind)
        if variant is None:
            return self.text(common)
        both = all(k in self.parts for k in KINDS)
        if not both and self.text(variant).first_word() in (*VERBS, "with"):
            return self.text(variant)
        return self.text(common, variant)

    def finish(self, lists, kinds):
        self.texts = {kind: self.text_of(kind) for kind in KINDS}
        for kind, text in self.texts.items():
            text.cut_end()
            if not text.tokens:
                fault(self.path, self.line, f"{self.name} has no text for {kind}")
                return
        self.name_columns(lists)
        for text in self.texts.values():
            lists.write_out(text)
        self.check_verb()
        self.check_params()
        self.check_tenant()
        check_event(self, kinds)
        self.event_bits = self.event.bits(kinds) if self.event else 0

    def name_columns(self, lists):
        """What C calls the columns of a SELECT: the same for both databases."""
        found = [Columns(self.path, self.line, self.name, text.select_list(), lists)
                 for text in self.texts.values() if text.verb() == "SELECT"]
        if not found:
            return
        if any(columns.places != found[0].places for columns in found):
            fault(self.path, self.line, f"{self.name}: the variants do not have the same columns in the same order")
        if found[0].places and not found[0].is_one_list:
            self.columns = found[0]

    def check_verb(self):
        verbs = {kind: text.verb() for kind, text in self.texts.items()}
        self.verb = verbs["sqlite"]
        if verbs["mysql"] != self.verb:
            fault(self.path, self.line, f"{self.name}: the variants are different kinds of statement")
        if None in verbs.values():
            fault(self.path, self.line, f"{self.name}: a statement begins with SELECT, INSERT, UPDATE, DELETE or WITH")
        if "returning" in self.texts["mysql"].words:
            fault(self.path, self.line, f"{self.name}: RETURNING is not known to MySQL")

    def check_params(self):
        counts = {kind: text.words.count("?") for kind, text in self.texts.items()}
        self.param_count = counts["sqlite"]
        if counts["mysql"] != counts["sqlite"]:
            fault(self.path, self.line,
                  f"{self.name}: {counts['sqlite']} ? for sqlite, {counts['mysql']} for mysql")

    def check_tenant(self):
        self.tenant = any(tenant_tables(text) for text in self.texts.values())
        for text in self.texts.values():
            if tenant_tables(text) and "workspace_id" not in text.words and not self.no_tenant:
                tables = ", ".join(sorted(tenant_tables(text)))
                fault(self.path, self.line, f"{self.name} touches {tables} and does not name workspace_id; "
                      "add it, or say why not: -- tenant: none, <reason>")
                return
        if self.no_tenant:
            self.tenant = False


def comment_lists(lines):
    """(line, text) of each `-- columns:`, and the lines without them. One that ends with a comma goes on in the next."""
    lists, kept, is_open = [], [], False
    for number, line in enumerate(lines, 1):
        begin = LIST.fullmatch(line.strip())
        if begin:
            lists.append([number, begin.group(1)])
        elif is_open and line.strip().startswith("--"):
            lists[-1][1] += "\n" + line.strip().removeprefix("--")
        else:
            kept.append((number, line))
            is_open = False
            continue
        is_open = lists[-1][1].rstrip().endswith(",")
    return lists, kept


def read_queries(folder, kinds):
    statements, lists, seen = [], Lists(), {}
    for path in sorted(folder.glob("*.sql")):
        current = None
        found, lines = comment_lists(path.read_text(encoding="utf-8").splitlines(keepends=True))
        for line, text in found:
            lists.add(path, line, text)
        for line, text in lines:
            head = re.fullmatch(r"--\s*name:\s*(\S*)\s*", text.strip())
            if head:
                current = Statement(path, line, head.group(1))
                statements.append(current)
                check_name(current, seen)
            elif current:
                current.add_line(text, line)
            elif text.strip() and not text.strip().startswith("--"):
                fault(path, line, "text before the first -- name:")
    for statement in statements:
        statement.finish(lists, kinds)
    lists.check_used()
    columns = [*lists.by_name.values(), *(s.columns for s in statements if s.columns)]
    check_constants(columns)
    return statements, columns


def check_name(statement, seen):
    name = statement.name
    if not NAME.fullmatch(name) or name == "count":
        fault(statement.path, statement.line, f"'{name}' is not a name: lower-case letters, digits, underscores")
    if name in seen:
        fault(statement.path, statement.line, f"{name} is already at {seen[name]}")
    seen.setdefault(name, f"{statement.path}:{statement.line}")


def split_statements(path):
    """The statements of a step: each ends with ; at the end of a line. Comments and line breaks are left out."""
    text = "\n".join(strip_comment(line) for line in path.read_text(encoding="utf-8").splitlines())
    pieces = [piece for piece in re.split(r";[ \t]*(?:\n|$)", text)]
    if pieces[-1].strip():
        fault(path, text.count("\n") + 1, "the last statement does not end with ; at the end of a line")
    statements = [Text(path, 1, piece).sql for piece in pieces if piece.strip()]
    if not statements:
        fault(path, 1, "no statement")
    return statements


def strip_comment(line):
    kept = []
    for match in TOKEN.finditer(line):
        if match.group().startswith("--"):
            break
        kept.append(match.group())
    return "".join(kept).rstrip()


def read_schema(folder, kind):
    files = {}
    for path in sorted((folder / kind).glob("*.sql")):
        match = STEP_FILE.fullmatch(path.name)
        if not match:
            fault(path, 1, "a step is called NNNN_name.up.sql or NNNN_name.down.sql")
            continue
        version, name, way = int(match.group(1)), match.group(2), match.group(3)
        step = files.setdefault(version, {"name": name, "version": version, "path": path})
        if step["name"] != name:
            fault(path, 1, f"step {version:04} is already called {step['name']}")
        step[way] = split_statements(path)
    steps = [files[version] for version in sorted(files)]
    for number, step in enumerate(steps, 1):
        if step["version"] != number:
            fault(step["path"], 1, f"a gap: step {number:04} is missing")
            break
        for way in ("up", "down"):
            if way not in step:
                fault(step["path"], 1, f"step {number:04} has no {way}.sql")
                step[way] = []
        step["checksum"] = hashlib.sha256(";\n".join(step["up"]).encode()).hexdigest()
    return steps


def check_same_steps(folder, schemas):
    names = {kind: [(step["version"], step["name"]) for step in steps] for kind, steps in schemas.items()}
    for kind, other in (KINDS, KINDS[::-1]):
        for version, name in names[kind]:
            if (version, name) not in names[other]:
                fault(folder / kind / f"{version:04}_{name}.up.sql", 1, f"{other} has no step {version:04}_{name}")


def quoted(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("?", "\\?")
    return f'"{escaped}"'


HEAD = "/* Made by sql/compile.py from {}; changes here are lost. */\n"


def header(statements, columns):
    rows = "".join(f"    SQL_{s.name.upper()},\n" for s in statements)
    return (HEAD.format("sql/queries") + "#ifndef PARLEY_DB_STATEMENTS_H\n#define PARLEY_DB_STATEMENTS_H\n\n"
            + "enum sql {\n    SQL_NONE_ = 0,\n" + rows + "    SQL_COUNT\n};\n\n" + enums_c(columns) + "\n#endif\n")


C_HEAD = '#include "parley/db/tables.h"\n\n#pragma GCC diagnostic ignored "-Woverlength-strings"\n\n'


def statements_c(statements, folder):
    lines = [HEAD.format("sql/queries"), C_HEAD, "const struct statement statements[SQL_COUNT] = {\n",
             '    { .name = "", .sqlite = "", .mysql = "", .place = "" },\n']
    for s in statements:
        place = f"{s.path.relative_to(folder.parent)}:{s.line}"
        lines.append(f"    [SQL_{s.name.upper()}] = {{\n        .name = {quoted(s.name)},\n        .place = {quoted(place)},\n"
                     f"        .sqlite = {quoted(s.texts['sqlite'].sql)},\n"
                     f"        .mysql = {quoted(s.texts['mysql'].sql)},\n"
                     f"        .verb = STATEMENT_{s.verb},\n        .param_count = {s.param_count},\n"
                     f"        .tenant = {int(s.tenant)},\n"
                     f"        .events = UINT64_C({s.event_bits:#x}),\n    }},\n")
    return "".join(lines) + "};\n"


def schema_c(schemas):
    lines = [HEAD.format("sql/schema"), C_HEAD]
    for kind, steps in schemas.items():
        for step in steps:
            for way in ("up", "down"):
                lines.append(f"static const char *const {kind}_{step['version']:04}_{way}[] = {{\n")
                lines.extend(f"    {quoted(text)},\n" for text in step[way])
                lines.append("};\n")
        lines.append(f"static const struct schema_step {kind}_steps[] = {{\n")
        for step in steps:
            of = f"{kind}_{step['version']:04}"
            lines.append(f"    {{ .version = {step['version']}, .name = {quoted(step['name'])},\n"
                         f"      .up = {of}_up, .up_count = {len(step['up'])},\n"
                         f"      .down = {of}_down, .down_count = {len(step['down'])},\n"
                         f"      .checksum = {quoted(step['checksum'])} }},\n")
        lines.append("};\n")
    lines.append("const struct schema schemas[SCHEMA_COUNT] = {\n")
    lines.extend(f"    [SCHEMA_{kind.upper()}] = {{ {kind}_steps, {len(steps)} }},\n" for kind, steps in schemas.items())
    return "".join(lines) + "};\n"


def statements_json(statements, schemas, folder):
    rows = [{"name": s.name, "place": f"{s.path.relative_to(folder.parent)}:{s.line}", "verb": s.verb,
             "param_count": s.param_count, "tenant": s.tenant,
             "events": s.event.kinds if s.event else [], **{kind: s.texts[kind].sql for kind in KINDS}} for s in statements]
    steps = {kind: [{key: step[key] for key in ("version", "name", "up", "down", "checksum")} for step in steps]
             for kind, steps in schemas.items()}
    return json.dumps({"statements": rows, "schema": steps}, indent=1) + "\n"


def write_changed(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.write_text(text, encoding="utf-8")


def main(arguments):
    if len(arguments) != 3:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    folder, events, out = map(Path, arguments)
    statements, columns = read_queries(folder / "queries", read_kinds(events))
    schemas = {kind: read_schema(folder / "schema", kind) for kind in KINDS}
    check_same_steps(folder / "schema", schemas)
    if faults:
        print("\n".join(dict.fromkeys(faults)), file=sys.stderr)
        return 1
    write_changed(out / "parley/db/statements.h", header(statements, columns))
    write_changed(out / "statements.c", statements_c(statements, folder))
    write_changed(out / "schema.c", schema_c(schemas))
    write_changed(out / "statements.json", statements_json(statements, schemas, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
