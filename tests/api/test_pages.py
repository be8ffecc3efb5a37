"""Pages of messages: by number, and by seq at any depth."""
import pytest
from support.talk import Talk, faults

pytestmark = pytest.mark.mysql


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


@pytest.fixture(scope="module")
def ten(server, admin):
    """Ten messages that the tests of this file only read."""
    talk = Talk(server.person(admin), server.person(admin), lambda **fields: server.person(admin, **fields))
    talk.say(*(f"m{n}" for n in range(1, 11)))
    return talk


def page(talk, **params):
    return talk.guest.ok("GET", f"{talk.at}/messages", 200, params=params)


def seqs(found):
    return [m["seq"] for m in found["messages"]]


def test_page__of_an_empty_chat(talk):
    assert page(talk) == {"messages": [], "total": 0, "page": 1, "page_size": 50, "has_next": False, "has_prev": False}


@pytest.mark.parametrize("number, wanted, has_next, has_prev", [
    (1, [7, 8, 9, 10], True, False), (2, [3, 4, 5, 6], True, True), (3, [1, 2], False, True), (4, [], False, True),
    (1000000000, [], False, True)])
def test_page__one_is_the_newest_oldest_first_inside(ten, number, wanted, has_next, has_prev):
    found = page(ten, page=number, page_size=4)
    assert seqs(found) == wanted
    assert (found["total"], found["page"], found["page_size"]) == (10, number, 4)
    assert (found["has_next"], found["has_prev"]) == (has_next, has_prev)


def test_page__that_just_fits_has_no_next(ten):
    assert page(ten, page_size=10)["has_next"] is False
    assert page(ten, page=2, page_size=5)["has_next"] is False


@pytest.mark.parametrize("params, wanted, older, newer", [
    ({"before_seq": 5, "limit": 3}, [2, 3, 4], True, True),
    ({"before_seq": 4, "limit": 3}, [1, 2, 3], False, True),
    ({"before_seq": 11, "limit": 3}, [8, 9, 10], True, False),
    ({"before_seq": 1}, [], False, True),
    ({"before_seq": 0}, [], False, True),
    ({"after_seq": 0, "limit": 3}, [1, 2, 3], False, True),
    ({"after_seq": 7, "limit": 3}, [8, 9, 10], True, False),
    ({"after_seq": 10}, [], True, False),
    ({"around_seq": 5, "limit": 4}, [4, 5, 6, 7], True, True),
    ({"around_seq": 1, "limit": 4}, [1, 2, 3], False, True),
    ({"around_seq": 10, "limit": 5}, [8, 9, 10], True, False),
    ({"around_seq": 9223372036854775807, "limit": 200}, list(range(1, 11)), False, False),
    ({"limit": 2}, [9, 10], True, False)])
def test_seq__page_lies_where_it_was_asked_for(ten, params, wanted, older, newer):
    found = page(ten, **params)
    assert seqs(found) == wanted and found["page"] is None
    assert (found["has_next"], found["has_prev"], found["total"]) == (older, newer, 10)


@pytest.mark.one_column("the shape of a query")
@pytest.mark.parametrize("params", [
    {"page": 0}, {"page": -1}, {"page": "x"}, {"page": 1000000001}, {"page_size": 0}, {"page_size": 201},
    {"page_size": 100000000}, {"before_seq": -1}, {"before_seq": "x"}, {"before_seq": 9223372036854775808},
    {"limit": 0}, {"limit": 201}, {"before_seq": 3, "after_seq": 1}, {"page": 1, "before_seq": 3}, {"page": 1, "limit": 3}])
def test_page__asked_for_in_a_wrong_way_is_refused(ten, params):
    answer = ten.guest.get(f"{ten.at}/messages", params=params)
    assert all(where == "query" for where, *_ in faults(answer))


def test_seq__walking_back_sees_each_message_once(ten):
    seen, before = [], 9223372036854775807
    while True:
        found = page(ten, before_seq=before, limit=3)
        seen = seqs(found) + seen
        if not found["has_next"]:
            break
        before = seqs(found)[0]
    assert seen == list(range(1, 11))


def test_seq__walking_forward_sees_what_comes_meanwhile(talk):
    talk.say(*(f"m{n}" for n in range(1, 11)))
    seen, after = [], 0
    for _ in range(5):
        found = page(talk, after_seq=after, limit=4)
        seen += seqs(found)
        after = seen[-1]
        talk.say("more")
    assert seen == list(range(1, len(seen) + 1)) and len(seen) > 10


def test_page__hands_each_message_its_files(talk):
    talk.say("none")
    talk.sent(("a.txt", b"a", "text/plain"), ("b.txt", b"b", "text/plain"))
    talk.sent(("c.txt", b"c", "text/plain"))
    found = page(talk)
    assert [[a["filename"] for a in m["attachments"]] for m in found["messages"]] == [[], ["a.txt", "b.txt"], ["c.txt"]]


def test_page__by_number_counts_rows_after_someone_was_erased(talk, admin, make_user, server):
    leaver = make_user()
    talk.owner.add_member(talk.id, leaver)
    for n in range(6):
        talk.say(f"m{n}", person=leaver if n % 2 else talk.member)
    assert admin.delete(f"/users/{leaver.id}", params={"messages": "erase"}).status_code == 204
    from support.waiting import until
    until(lambda: page(talk)["total"] == 3)
    assert seqs(page(talk, page=1, page_size=2)) == [3, 5]
    assert seqs(page(talk, page=2, page_size=2)) == [1]
