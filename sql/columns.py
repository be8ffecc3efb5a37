"""The names of columns, so that C reads no row by a bare number.

`-- columns: message = m.id, u.uuid AS sender_uuid, …` is a list that stands once; a line that ends with a comma goes on in
the next comment. `{message}` puts it into a statement or a later list, `{message, seq = x.seq}` with another expression
for some of its columns. A column is called what it is called in SQL: by AS, or by its own name.

Each list, and each SELECT that is more than one {list}, gives an enum: message_column { MESSAGE_ID, MESSAGE_SENDER_UUID, … };
a {list} among other columns gives the place where it begins: statement a's `m.id, {chat}` is A_ID = 0, A_CHAT = 1.
"""
import re

from text import NAME, Text, fault, split_at, trimmed

LIST = re.compile(r"--\s*columns:\s*(.*)", re.S)
_MODIFIERS = ("distinct", "all", "straight_join")


def _is_reference(tokens):
    return tokens[:1] == ["{"] and tokens[-1] == "}" and "{" not in tokens[1:]


def _column_name(tokens):
    """By AS, or of a plain column; None where there is none."""
    words = [token for token in tokens if token != " "]
    if len(words) > 2 and words[-2].lower() == "as":
        return words[-1]
    if words and words[0].lower() in _MODIFIERS:
        words = words[1:]
    plain = len(words) == 1 or (len(words) == 3 and words[1] == ".")
    return words[-1] if plain and NAME.fullmatch(words[-1]) else None


class Columns:
    """A list, or what stands between SELECT and FROM: (name, expression) where a {list} is written out."""

    def __init__(self, path, line, name, tokens, lists):
        self.path, self.line, self.name = path, line, name
        self.expressions, self.places = [], {}
        pieces = split_at(tokens, ",")
        for piece in pieces:
            if _is_reference(piece):
                reference, expressions = lists.expand(path, line, piece)
                self.place(reference)
                self.expressions += expressions
            else:
                column = _column_name(piece)
                if column is None and len(pieces) > 1:
                    fault(path, line, f"{name}: column {len(self.expressions) + 1} has no name; give it one with AS")
                self.place(column)
                self.expressions.append((column, piece))
        self.is_one_list = len(pieces) == 1 and _is_reference(pieces[0])

    def check_names(self):
        """Also those of a list that it begins with: by its name a column is changed, and another one would be lost."""
        names = [column for column, _ in self.expressions if column]
        for name in sorted({name for name in names if names.count(name) > 1}):
            fault(self.path, self.line, f"{self.name}: two columns are called {name}; rename one with AS")

    def place(self, name):
        if name is None:
            return
        if name in self.places:
            fault(self.path, self.line, f"{self.name}: two columns are called {name}; rename one with AS")
        self.places[name] = len(self.expressions)

    def constants(self):
        return {f"{self.name}_{column}".upper(): at for column, at in self.places.items()}


class Lists:
    def __init__(self):
        self.by_name, self.used = {}, set()

    def add(self, path, line, raw):
        text = Text(path, line, raw)
        name, *rest = [*text.tokens, ""]
        tokens = trimmed(rest[:-1])
        if not NAME.fullmatch(name) or tokens[:1] != ["="] or len(tokens) < 2:
            fault(path, line, "say it as: -- columns: <name> = <column>, <column> AS <name>, …")
        elif name in self.by_name:
            fault(path, line, f"the list {name} is already at {self.by_name[name].path}:{self.by_name[name].line}")
        else:
            self.by_name[name] = Columns(path, line, name, trimmed(tokens[1:]), self)
            self.by_name[name].check_names()

    def expand(self, path, line, reference):
        """(the list's name, its columns) of the tokens { … }. A changed one gets no AS: ORDER BY would take its name."""
        head, *changes = split_at(reference[1:-1], ",")
        name = "".join(head)
        if name not in self.by_name:
            fault(path, line, f"{{{name}}}: there is no such list of columns")
            return None, []
        self.used.add(name)
        expressions = dict(self.by_name[name].expressions)
        for change in changes:
            column, *expression = change[:1] + trimmed(change[1:])
            if expression[:1] != ["="] or column not in expressions:
                fault(path, line, f"{{{name}}}: {''.join(change)}: say a column of it as: <name> = <expression>")
            else:
                expressions[column] = trimmed(expression[1:])
        return name, list(expressions.items())

    def write_out(self, text):
        """Puts the columns in the place of each { … } of a text."""
        out, tokens = [], text.tokens
        while "{" in tokens:
            begin = tokens.index("{")
            end = tokens.index("}", begin) if "}" in tokens[begin:] else len(tokens) - 1
            _, expressions = self.expand(text.path, text.line, tokens[begin:end + 1])
            out += tokens[:begin]
            for i, (_, expression) in enumerate(expressions):
                out += [",", " ", *expression] if i else expression
            tokens = tokens[end + 1:]
        text.tokens = out + tokens

    def check_used(self):
        for name in self.by_name.keys() - self.used:
            fault(self.by_name[name].path, self.by_name[name].line, f"no statement uses the columns {{{name}}}")


def check_constants(all_columns):
    """One name is one constant of C, one enum one list or statement."""
    owners, enums = {}, {}
    for columns in all_columns:
        place = f"{columns.name} at {columns.path.name}:{columns.line}"
        if columns.name in enums:
            fault(columns.path, columns.line, f"{columns.name} is already the name of {enums[columns.name]}")
        enums.setdefault(columns.name, place)
        for constant in columns.constants():
            if constant in owners:
                fault(columns.path, columns.line, f"{constant} is already a column of {owners[constant]}")
            owners.setdefault(constant, place)


def enums_c(all_columns):
    out = ["/* Columns of the lists and of the statements that add to them: name_column is an enum of NAME_COLUMN. */\n"]
    for columns in all_columns:
        rows = "".join(f"    {constant} = {at},\n" for constant, at in columns.constants().items())
        out.append(f"enum {columns.name}_column {{\n{rows}}};\n")
    return "".join(out)
