"""GET /audit/verify: what `parley audit verify` says, as JSON and a part at a time."""
import pytest
from support.deep import Deep
from support.waiting import until

PATH = "/audit/verify"


class Log:
    """The audit log of a server of its own."""

    def __init__(self, server):
        self.server, self.deep, self.admin = server, Deep(server), server.setup()
        for _ in range(3):
            server.person(self.admin)
        self.deep.wake()
        until(lambda: self.deep.count("audit", "position IS NULL") == 0)

    def verify(self, **query):
        return self.admin.ok("GET", PATH, 200, params=query)


@pytest.fixture
def log(make_server):
    return Log(make_server())


def test_verify__of_a_whole_chain_says_where_it_ends_as_the_command_does(log):
    told = log.verify()
    assert (told["whole"], told["complete"], told["fault_count"], told["faults"]) == (True, True, 0, [])
    assert told["end"] == log.server.command("audit", "verify").stdout.splitlines()[-1]
    assert told["sealed_count"] == log.deep.count("audit", "position IS NOT NULL") >= 6
    onward = log.verify(after=told["end"])
    assert (onward["whole"], onward["complete"], onward["sealed_count"], onward["end"]) == (True, True, 1, told["end"])


def test_verify__names_what_was_done_to_it(log):
    end = log.verify()["end"]
    position, _, hash_ = end.partition(":")
    other = log.verify(after=f"{position}:{'0' * len(hash_)}")
    assert [f["kind"] for f in other["faults"]] == ["unknown"] and other["whole"] is False
    log.deep.rows("UPDATE audit SET at_us = at_us - 1 WHERE position = 3")
    told = log.verify()
    assert [(f["kind"], f["position"]) for f in told["faults"]] == [("changed", 3)] and told["whole"] is False
    said = log.server.command("audit", "verify").stderr
    assert told["faults"][0]["text"] in said and told["faults"][0]["id"] in said
    assert log.verify(after=end)["whole"] is True  # the change lies before it
    log.deep.rows(f"DELETE FROM audit WHERE position = {position}")
    for query in ({}, {"after": end}):
        assert ("removed", int(position)) in [(f["kind"], f["position"]) for f in log.verify(**query)["faults"]]


@pytest.mark.one_column("the shape of a query")
@pytest.mark.parametrize("after", ["", "7", "x:" + "0" * 64, "7:" + "0" * 63, "0:" + "0" * 64, "-1:" + "0" * 64,
                                   "7:" + "g" * 64])
def test_verify__that_begins_nowhere_is_refused(admin, after):
    answer = admin.get(PATH, params={"after": after})
    assert answer.status_code == 422 and answer.json()["errors"][0]["loc"] == ["query", "after"]
