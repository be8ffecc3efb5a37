"""The faults of a run, and one SQL text as tokens."""
import re

VERBS = {"select": "SELECT", "insert": "INSERT", "replace": "INSERT", "update": "UPDATE", "delete": "DELETE"}
NAME = re.compile(r"[a-z][a-z0-9_]*")
TOKEN = re.compile(r"\s+|--[^\n]*|'(?:[^']|'')*'|`[^`]*`|[A-Za-z_][A-Za-z0-9_]*|[0-9][0-9.]*|\?[0-9]*|.", re.S)
_OPENS, _SHUTS = "({", ")}"

faults = []


def fault(path, line, text):
    faults.append(f"{path}:{line}: {text}")


def trimmed(tokens):
    """Without blanks at both ends."""
    first, end = 0, len(tokens)
    while first < end and tokens[first] == " ":
        first += 1
    while end > first and tokens[end - 1] == " ":
        end -= 1
    return tokens[first:end]


def split_at(tokens, mark):
    """The pieces between the marks that stand in no brackets."""
    pieces, depth = [[]], 0
    for token in tokens:
        depth += (token in _OPENS) - (token in _SHUTS)
        if token == mark and depth == 0:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return [trimmed(piece) for piece in pieces]


class Text:
    """One SQL text: its tokens without comments, blanks made one."""

    def __init__(self, path, line, raw):
        self.path, self.line = path, line
        self.tokens = []
        blank = False
        for match in TOKEN.finditer(raw):
            token = match.group()
            if token.isspace() or token.startswith("--"):
                blank = True
                continue
            if blank and self.tokens:
                self.tokens.append(" ")
            blank = False
            self.tokens.append(token)
            self.check(token, line + raw.count("\n", 0, match.start()))

    def check(self, token, line):
        if token in "'\"`":
            fault(self.path, line, f"{token} opens something that does not end; text is '…', names stand without quotes")
        if token[0] == "'" and "\\" in token:
            fault(self.path, line, "a backslash inside '…' means different things to the two databases; bind it")
        if token[0] == "?" and len(token) > 1:
            fault(self.path, line, "parameters are written as a plain ?")

    @property
    def sql(self):
        return "".join(self.tokens)

    @property
    def words(self):
        return [token.lower() for token in self.tokens if token != " "]

    def first_word(self):
        return self.words[0] if self.words else ""

    def cut_end(self):
        """Takes one semicolon from the end; another one inside is a fault."""
        if self.tokens and self.tokens[-1] == ";":
            self.tokens = trimmed(self.tokens[:-1])
        if ";" in self.tokens:
            fault(self.path, self.line, "a semicolon in the middle: one block is one statement")

    def outside(self):
        """(index, word) of the tokens that stand in no brackets."""
        depth = 0
        for i, token in enumerate(self.tokens):
            depth += (token in _OPENS) - (token in _SHUTS)
            if depth == 0 and token != " ":
                yield i, token.lower()

    def verb_at(self):
        """The index of SELECT, INSERT, UPDATE or DELETE; None for anything else. Looks behind WITH (…)."""
        for i, word in self.outside():
            if word in VERBS:
                return i
            if self.first_word() != "with":
                return None
        return None

    def verb(self):
        at = self.verb_at()
        return None if at is None else VERBS[self.tokens[at].lower()]

    def select_list(self):
        """The tokens between SELECT and FROM; None where the statement is no SELECT."""
        if self.verb() != "SELECT":
            return None
        begin = self.verb_at() + 1
        end = next((i for i, word in self.outside() if i >= begin and word == "from"), len(self.tokens))
        return trimmed(self.tokens[begin:end])
