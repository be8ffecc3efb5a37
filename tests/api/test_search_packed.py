"""The index of words where a job has put it together: it is searched, changed and written anew as before."""
import json

import pytest
from support.paging import next_of
from support.waiting import until
from test_search import claim_word, indexed, own_talk, texts

pytestmark = pytest.mark.mysql

COUNT = 80
MANY = "X'7069', X'746175', X'757073696C6F6E'"  # pi, tau, upsilon: the words that many messages have
QUERIES = ("pi", '"pi"', "tau pi", '"pi upsilon"', "upsilon n1", "ups", "n7", "tau upsilon", "pi nothing")


@pytest.fixture
def talk(deep):
    talk = own_talk(deep)
    talk.said = [talk.say(f"pi {'upsilon' if n % 2 else 'tau'} n{n}") for n in range(COUNT)]
    indexed(deep)
    return talk


def pack(deep, words=MANY):
    """Until none of these words has a row for each message any more."""
    deep.rows("DELETE FROM job_leases WHERE name = 'pack_words'")
    deep.wake()
    until(lambda: deep.count("words", f"word IN ({words})") == 0)


def runs(deep, word="pi"):
    """[(first, last, count)] of a word; they do not overlap."""
    found = [tuple(map(int, row)) for row in deep.rows(
        f"SELECT first_id, last_id, id_count FROM word_runs WHERE word = X'{word.encode().hex()}' ORDER BY first_id")]
    assert all(first <= last for first, last, _ in found)
    assert all(one[1] < other[0] for one, other in zip(found, found[1:], strict=False))
    return found


def packed_count(deep):
    return sum(int(count) for (count,) in deep.rows("SELECT id_count FROM word_runs"))


def answers(talk):
    """{query: the texts of all pages}"""
    found = {}
    for query in QUERIES:
        answer = talk.owner.get(f"{talk.path}/search", params={"q": query, "limit": 30})
        found[query] = []
        while True:
            assert answer.status_code == 200 and not answer.json()["partial"], answer.text
            found[query] += [hit["message"]["content"] for hit in answer.json()["hits"]]
            if next_of(answer) is None:
                break
            answer = talk.owner.get(next_of(answer))
    return found


def test_packed_index__finds_what_it_found_before(deep, talk):
    before = answers(talk)
    assert [len(before[query]) for query in QUERIES] == [80, 80, 40, 40, 6, 40, 11, 0, 0]
    pack(deep)
    assert [len(runs(deep, word)) for word in ("pi", "tau", "upsilon")] == [1, 1, 1] and packed_count(deep) == 2 * COUNT
    assert answers(talk) == before
    talk.say("pi upsilon newest")
    indexed(deep)
    assert answers(talk)['"pi upsilon"'] == ["pi upsilon newest", *before['"pi upsilon"']]


def test_packed_index__loses_what_is_edited_and_deleted(deep, talk):
    pack(deep)
    talk.member.ok("PUT", f"{talk.at}/message/{talk.said[1]['id']}", 200, json={"content": "pi n1"})
    talk.member.ok("DELETE", f"{talk.at}/message/{talk.said[0]['id']}", 204)
    indexed(deep)
    until(lambda: packed_count(deep) == 2 * COUNT - 4)
    assert texts(talk.owner, talk.path, '"upsilon n1"') == [] and texts(talk.owner, talk.path, "n1 pi") == ["pi n1"]
    talk.owner.ok("DELETE", talk.at, 204)
    deep.wake()
    until(lambda: deep.count("messages") == 0)
    assert indexed(deep) == 0 and deep.count("word_runs") == 0


def test_packed_index__takes_in_what_comes_later_and_is_there_twice(deep, talk):
    pack(deep)
    claim_word(deep, "pi", deep.rows("SELECT MAX(id) FROM messages")[0][0], 700)
    pack(deep)
    assert [count for _, _, count in runs(deep)] == [256, 256, 256, 12]
    assert len(answers(talk)["pi"]) == COUNT
    deep.rows("INSERT INTO words (workspace_id, word, message_id, chat_id) SELECT workspace_id, X'7069', id, chat_id FROM messages")
    assert len(answers(talk)["pi"]) == len(set(answers(talk)["pi"])) == COUNT
    pack(deep)
    assert [count for _, _, count in runs(deep)] == [256, 256, 256, 12]


def test_reindex__takes_apart_what_was_put_together(deep, talk):
    rows = "SELECT workspace_id, HEX(word), message_id, chat_id FROM words ORDER BY 1, 2, 3"
    before, found = deep.rows(rows), answers(talk)
    pack(deep)
    deep.rows("UPDATE word_runs SET ids = X'00' WHERE word = X'746175'")
    deep.rows("INSERT INTO word_runs (workspace_id, word, first_id, last_id, id_count, ids) VALUES (1, X'7A', 1, 1, 1, X'0101')")
    done = deep.server.command("reindex")
    assert done.returncode == 0 and "80 messages" in done.stdout and "1 words" in done.stdout, done.stdout + done.stderr
    assert deep.rows(rows) == before and deep.count("word_runs") == 0
    assert answers(talk) == found
    deep.rows("INSERT INTO singletons (name, value, created_us) VALUES ('reindex', 'runs', 1)")
    assert "Going on" in deep.server.command("reindex").stdout


def test_update__that_is_taken_back_writes_words_again(deep, talk, binary):
    steps = json.loads((binary.parent / "generated/statements.json").read_text(encoding="utf-8"))["schema"]["sqlite"]
    before = next(step["version"] for step in steps if step["name"] == "word_runs") - 1
    found = answers(talk)
    pack(deep)
    for parley in deep.server.stack.parleys:
        parley.stop()
    assert deep.server.command("migrate", "down", str(before)).returncode == 0
    for parley in deep.server.stack.parleys:
        parley.start()
    deep.server.stack.wait()
    until(lambda: answers(talk) == found)
