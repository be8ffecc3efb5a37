"""Every route, for every kind of caller, with ids of every kind: tests/api/access_matrix.txt is what must come out.

The rows are held against the route table that the program prints, so a route cannot come without its row. `./dev matrix`
prints the table as Markdown.
"""
import re

import pytest
from harness import matrix
from support.access_assistants import CALLS
from support.access_calls import Call
from support.access_world import ALIVE, DEAD, World

KINDS, ROWS = matrix.table()
WORDS = ("folder", "name", "emoji")  # of paths that hold no ids
OUTSIDE = ("removed", "stranger", "admin")
WITHOUT_BEARER = ("nobody", "cookie", "xsite")


@pytest.fixture(scope="module")
def world(server, admin):
    world = World(server, admin)
    yield world
    world.close()


@pytest.fixture(scope="module")
def operations(contract):
    return {(method, path): operation for method, path, operation in contract.routes()}


class Cell:
    """One row for one kind of caller; collects what came out otherwise."""

    def __init__(self, world, row, kind, operation):
        self.world, self.row, self.kind = world, row, kind
        self.call = CALLS.get(row.name, Call())
        self.names = re.findall(r"{(\w+)}", row.path)
        self.expected = row.cells[kind]
        if self.call.folder_only and world.server.column != "sqlite":
            self.expected = "404"
        self.success = [int(s) for s in operation["responses"] if s.isdigit() and int(s) < 400]
        self.ids = world.own(kind)
        self.ids |= self.call.ids(world, kind, self.ids)
        self.browser = None  # which the cell's requests come from; the row before may have ended the session of its own
        self.faults = []

    def ask(self, ids, headers=None):
        person = ids.get("as") or self.world.callers.get(self.kind)
        if headers is None:
            headers = self.headers(person)
        send = self.call.send(self.world, self.kind, ids)
        # Files are for httpx to write.
        client = self.world.http if "files" in send or "data" in send else self.world.lean
        return client.request(self.row.method, self.row.path.format(**ids), headers={**headers, **send.pop("headers", {})},
                              **send)

    def headers(self, person):
        if self.kind in ("cookie", "xsite") and self.browser is None:
            self.browser = self.world.browser(self.kind)
        return self.world.headers(self.kind, person, self.row.method, self.browser)

    def fault(self, what, answer, wanted):
        self.faults.append(f"{self.row.name} by {self.kind}, {what}: {answer.status_code} {seen(answer)[1]}, not {wanted}")

    def expect(self, what, answer, wanted):
        if answer.status_code not in (wanted if isinstance(wanted, list) else [wanted]):
            self.fault(what, answer, wanted)

    def statuses(self):
        """Of an answer with ids of one's own place."""
        if self.expected == "ok":
            return self.success
        return 403 if self.expected.startswith("2fa") else int(self.expected[:3])

    def with_own(self):
        ids = dict(self.ids)
        if self.expected == "ok":
            ids |= self.call.fresh(self.world, self.kind, ids)
        answer = self.ask(ids)
        self.expect("own", answer, self.statuses())
        if self.expected.startswith("2fa") and seen(answer)[1].get("code") != "second_factor_required":
            self.fault("own", answer, "second_factor_required")
        if self.expected == "ok" and answer.is_success:
            json = answer.headers.get("content-type") == "application/json"
            self.call.after(self.world, self.kind, {**ids, "answer": answer.json() if json else None})
        return answer

    def missing_status(self, name):
        before = {"!": ("workspace",), "c": ("workspace", "chat")}.get(self.expected[-1])
        if before and name not in before:
            return self.statuses()
        if self.expected in ("401", "422") or self.kind in OUTSIDE and self.expected == "404":
            return self.statuses()
        return dict(self.call.statuses).get(name, 404)

    def with_missing(self, name):
        """The answers to ids of things that are not there for the caller: each as wanted, and all the same."""
        answers = {}
        for why, other in self.world.missing(self.kind, self.looked_up(name)).items():
            if name == "user" and why == "foreign" and self.expected == "ok" and "{workspace}" not in self.row.path:
                continue  # an administrator sees them all
            answers[why] = self.ask({**self.ids, name: other})
            self.expect(f"{why} {name}", answers[why], self.missing_status(name))
        self.same(name, answers)
        return answers

    def looked_up(self, name):
        """A chat of the routes about members is an open one; what is kept may be of any chat."""
        if name == "message" and "{chat}" not in self.row.path:
            return "kept"
        return "open" if name == "chat" and self.ids["chat"] == self.ids["open"] else name

    def same(self, name, answers):
        told = {why: seen(answer) for why, answer in answers.items()}
        if len({repr(t) for t in told.values()}) > 1:
            self.faults.append(f"{self.row.name} by {self.kind}: a missing {name} is told apart: {told}")

    def with_another_parent(self):
        """Things of the place by the path of a workspace that the caller owns: as if they were not there."""
        if self.names[:1] != ["workspace"] or len(self.names) < 2 or self.kind in WITHOUT_BEARER or self.call.only_own:
            return
        side = {**self.ids, "workspace": self.world.side[self.kind]}
        child = self.names[1]
        unknown = self.world.missing(self.kind, child)["unknown"]
        answers = {"of another workspace": self.ask(side), "unknown": self.ask({**side, child: unknown})}
        for why, answer in answers.items():
            self.expect(f"in one's own workspace, {child} {why}", answer, 404)
        self.same(child, answers)

    def as_refused(self):
        """What a key, or a page of another site, may not do at all it is told before anything is looked up."""
        answers = {"own": self.ask(self.ids)}
        for name in self.names:
            if name not in WORDS and not self.call.only_own:
                found = self.world.missing(self.kind, self.looked_up(name))
                answers |= {f"{why} {name}": self.ask({**self.ids, name: other}) for why, other in found.items()}
        for why, answer in answers.items():
            self.expect(why, answer, 403)
            if self.expected == "site" and seen(answer)[1].get("code", "cross_site") != "cross_site":  # dialects have no codes
                self.fault(why, answer, "cross_site")
        self.same("thing", answers)

    def all(self):
        if self.expected == "-":
            return
        if self.expected in ("key", "site"):
            self.as_refused()
            return
        hidden = self.expected == "404"
        answers = {}
        for name in (*self.names, *self.call.names):
            if name in WORDS or self.call.only_own:
                continue
            found = self.with_missing(name)
            if hidden and (name == self.names[-1] or self.kind in OUTSIDE):
                answers |= {f"{why} {name}": answer for why, answer in found.items()}
        self.with_another_parent()
        own = self.with_own()
        if hidden:
            self.same("thing (or one's own)", {**answers, "own": own})

    def dead(self):
        for what, headers in self.world.dead[self.kind].items():
            ids = self.ids
            if self.expected == "ok":
                ids = {**ids, **self.call.fresh(self.world, self.kind, ids)}
            self.expect(what, self.ask(ids, headers), self.statuses())
            if self.expected == "ok":
                continue
            for name in self.names:
                if name not in WORDS:
                    unknown = {**self.ids, name: self.world.missing(self.kind, name)["unknown"]}
                    self.expect(f"{what}, unknown {name}", self.ask(unknown, headers), int(self.expected))


def seen(answer):
    """What a caller sees of a refusal, but for the request's id."""
    if "json" not in answer.headers.get("content-type", ""):
        return answer.status_code, {}
    body = answer.json()
    return answer.status_code, {k: v for k, v in body.items() if k != "request_id"} if isinstance(body, dict) else {}


def test_table__has_a_row_for_each_route(operations):
    rows = {(row.method, row.path) for row in ROWS}
    assert sorted(set(operations) - rows) == [], "routes without a row in tests/api/access_matrix.txt"
    assert sorted(rows - set(operations)) == [], "rows without a route"


def test_table__has_a_plain_row_for_each_route_and_no_call_too_many():
    names = {row.name for row in ROWS}
    assert set(CALLS) - names == set()
    assert set(KINDS) == {"nobody", *DEAD, *ALIVE}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row(world, operations, row):
    if (row.method, row.path) not in operations:
        pytest.fail("the program has no such route")
    faults = []
    for kind in KINDS:
        cell = Cell(world, row, kind, operations[row.method, row.path])
        cell.dead() if kind in DEAD else cell.all()
        faults += cell.faults
    assert not faults, "\n".join(faults)


def test_markdown__holds_every_row():
    text = matrix.markdown()
    assert all(f"| `{row.method} {row.path}`" in text for row in ROWS)


def test_world__is_as_it_was(world):
    """Last: what the rows relied on is still there, so that none of them has passed for want of it."""
    assert world.hermit.get(f"/workspaces/{world.place.workspace}/chat/{world.hidden}").status_code == 200
    assert world.hermit.get(f"/workspaces/{world.place.workspace}/chat/{world.unjoined}").status_code == 200
    for place in (world.place, world.elsewhere):
        person, ids = place.author, place.own
        room = f"/workspaces/{ids['workspace']}/chat/{ids['chat']}"
        for path in (f"{room}/message/{ids['message']}", f"/attachments/{ids['attachment']}/url",
                     f"/workspaces/{ids['workspace']}/uploads/{ids['upload']}",
                     f"/workspaces/{ids['workspace']}/chat/{ids['open']}"):
            assert person.get(path).status_code == 200, path
        listed = {i["id"] for i in person.ok("GET", f"/workspaces/{ids['workspace']}/invitations", 200)}
        assert ids["invitation"] in listed
        assert world.http.post("/invitations/lookup", json={"token": ids["token"]}).status_code == 200
