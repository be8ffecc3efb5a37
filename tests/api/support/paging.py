"""Lists that go on behind their Link header."""
import re


def next_of(answer):
    """The address of the page behind this one; None on the last."""
    found = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
    return found.group(1) if found else None


def all_pages(person, path):
    """The items of all pages in order, each page's length in a second list."""
    items, lengths = [], []
    while path:
        answer = person.get(path)
        assert answer.status_code == 200, answer.text
        items += answer.json()
        lengths.append(len(answer.json()))
        path = next_of(answer)
    return items, lengths
