"""Prometheus text, read strictly: what a scrape of /metrics says."""
import re

_LINE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|\+Inf)')
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?')


class Scrape:
    """types: {family: type}; samples: {(series, labels as sorted pairs): value}. A line that cannot be meant is an AssertionError,
    and so is a series that stands twice or a family whose samples do not stand together."""

    def __init__(self, text):
        self.text, self.types, self.samples = text, {}, {}
        family = None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                continue
            if line.startswith("# TYPE "):
                _, _, family, kind = line.split(" ")
                assert family not in self.types, f"{family} is described twice"
                self.types[family] = kind
                continue
            found = _LINE.fullmatch(line)
            assert found, line
            name, labels, value = found.groups()
            assert name == family or self.types[family] == "histogram" and name in self.parts(family), f"{name} in {family}"
            pairs = tuple(sorted(_LABEL.findall(labels or "")))
            assert (name, pairs) not in self.samples, f"{line} stands twice"
            self.samples[name, pairs] = float(value)

    @staticmethod
    def parts(family):
        return {f"{family}_{part}" for part in ("bucket", "sum", "count")}

    def names(self):
        """All series that an expression may name."""
        return {name for name, _ in self.samples} | set(self.types)

    def value(self, name, /, **labels):
        """The sum over all samples with these labels."""
        return sum(v for (n, pairs), v in self.samples.items() if n == name and set(labels.items()) <= set(pairs))

    def labels(self, name, label):
        """The values that a label of a series has."""
        return {dict(pairs)[label] for n, pairs in self.samples if n == name and label in dict(pairs)}


def scrape(server, person=None):
    answer = server.http.get("/metrics", headers=(person or server.admin).auth)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Scrape(answer.text)
