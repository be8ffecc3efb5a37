"""Finding messages by their words: GET /workspaces/{workspace}/search and GET /search."""
import json
import uuid

import pytest
from support.factor import switch_on
from support.keys import Key
from support.paging import next_of
from support.talk import Talk, faults, text_file
from support.waiting import until

pytestmark = pytest.mark.mysql


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


def search(person, where, q, **params):
    """The JSON of a page; where: a workspace's path, or "" for all."""
    return person.ok("GET", f"{where}/search", 200, params={"q": q, **params})


def texts(person, where, q, **params):
    return [hit["message"]["content"] for hit in search(person, where, q, **params)["hits"]]


def finds(person, where, q, *wanted, **params):
    """Waits until exactly these texts are found, in this order."""
    try:
        until(lambda: texts(person, where, q, **params) == list(wanted), 10)
    except AssertionError:
        raise AssertionError(f"{q}: {texts(person, where, q, **params)} instead of {list(wanted)}") from None


def marked(hit):
    """The pieces of a hit's text that are highlighted."""
    return [hit["message"]["content"][start:end] for start, end in hit["highlights"]]


def test_search__answers_with_the_message_its_chat_and_what_matches(talk):
    said = talk.say("The café of İSTANBUL")
    finds(talk.owner, talk.path, "cafe istanbul", said["content"])
    talk.owner.ok("PUT", f"{talk.at}/message/{said['id']}/reactions/\u2764", 200)
    page = search(talk.owner, talk.path, "cafe istanbul")
    assert page["partial"] is False
    hit = page["hits"][0]
    assert hit["message"]["reactions"][0]["mine"] is True
    for person in (talk.owner, talk.member):
        assert search(person, talk.path, "cafe")["hits"][0]["message"] == person.ok("GET", f"{talk.at}/message/{said['id']}")
    assert hit["chat"] == {"id": talk.chat, "title": "Chat", "workspace_id": talk.id}
    assert marked(hit) == ["café", "İSTANBUL"]


@pytest.mark.parametrize("text, words", [
    ("Un café, deux CAFÉS", ["cafe", "CAFÉ", "cafés", "Café deux"]),
    ("İstanbul ılık, Straße, ΟΔΟΣ", ["istanbul", "ISTANBUL", "ilik", "STRASSE", "οδός"]),
    ("ёлка и йога", ["елка", "ЙОГА"]),
    ("مُحَمَّد وصل", ["محمد"]),
    ("東京都に行きました", ["東京", "京都", "東京都", "都", "た", "行きま"]),
    ("กรุงเทพมหานคร", ["กรุงเทพ", "นคร"]),
    ("see www.example.com/a_b", ["example.com", "a_b", "exam", "\"www example com\""]),
], ids=["latin", "folding", "cyrillic", "arabic", "han", "thai", "address"])
def test_search__finds_words_with_and_without_accents_in_any_script(talk, text, words):
    talk.say(text, "something else")
    for word in words:
        finds(talk.owner, talk.path, word, text)


def test_search__finds_beginnings_at_the_end_and_phrases(talk):
    talk.say("release plan", "the plan of the release", "prerelease")
    finds(talk.owner, talk.path, "rel", "the plan of the release", "release plan")
    assert texts(talk.owner, talk.path, "rel plan") == []
    assert texts(talk.owner, talk.path, "r") == []
    finds(talk.owner, talk.path, "plan rel", "the plan of the release", "release plan")
    finds(talk.owner, talk.path, '"release plan"', "release plan")
    assert texts(talk.owner, talk.path, '"rel"') == texts(talk.owner, talk.path, '"plan release"') == []
    finds(talk.owner, talk.path, '"the plan" rele', "the plan of the release")
    assert texts(talk.owner, talk.path, "京") == []


def test_search__counts_highlights_in_code_points(talk):
    talk.say("\U0001f389 done: \U0001f389 DONE donе")
    finds(talk.owner, talk.path, "done", "\U0001f389 done: \U0001f389 DONE donе")
    assert search(talk.owner, talk.path, "done")["hits"][0]["highlights"] == [[2, 6], [10, 14]]


def test_search__filters_by_chat_sender_time_and_file(talk):
    other = talk.owner.chat(talk.id, "Other")["id"]
    talk.say("alpha one")
    talk.say("alpha two", person=talk.owner)
    talk.owner.message(talk.id, other, "alpha three")
    filed = talk.sent(text_file(), content="alpha four")
    everything = ["alpha four", "alpha three", "alpha two", "alpha one"]
    finds(talk.owner, talk.path, "alpha", *everything)

    def only(**params):
        return texts(talk.owner, talk.path, "alpha", **params)

    assert only(chat=other) == ["alpha three"]
    assert only(sender=talk.member.id) == ["alpha four", "alpha one"]
    assert only(has="file") == ["alpha four"]
    assert only(chat=str(uuid.uuid4())) == only(sender=str(uuid.uuid4())) == []
    assert only(after=filed["created_at"]) == ["alpha four"]
    assert only(before=filed["created_at"]) == everything[1:]
    assert only(sender=talk.owner.id, chat=talk.chat) == ["alpha two"]
    assert search(talk.owner, talk.path, "alpha", has="file")["hits"][0]["message"]["attachments"] == filed["attachments"]


def pages(person, path):
    found = []
    while path:
        answer = person.get(path)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["hits"]) <= 2
        found += [hit["message"]["content"] for hit in answer.json()["hits"]]
        path = next_of(answer)
    return found


def test_search__goes_on_behind_its_link(talk):
    wanted = [f"beta {n}" for n in range(5)]
    talk.say(*wanted)
    finds(talk.owner, talk.path, "beta", *wanted[::-1])
    assert pages(talk.owner, f"{talk.path}/search?q=beta&limit=2") == wanted[::-1]
    assert pages(talk.owner, f"{talk.path}/search?q=bet&limit=2") == wanted[::-1]
    assert pages(talk.owner, "/search?q=beta&limit=2") == wanted[::-1]
    answer = talk.owner.get("/search?q=beta&limit=2")
    stolen = next_of(answer).replace("/search?", f"{talk.path}/search?")
    assert talk.owner.get(stolen).status_code == 400


@pytest.mark.parametrize("params, field", [
    ({}, "q"), ({"q": ""}, "q"), ({"q": " .,; "}, "q"), ({"q": "a " * 33}, "q"), ({"q": "a" * 501}, "q"),
    ({"q": "a", "chat": "x"}, "chat"), ({"q": "a", "before": "yesterday"}, "before"), ({"q": "a", "has": "hope"}, "has"),
], ids=str)
@pytest.mark.one_column("the query is refused before anything is looked for")
def test_search__says_what_is_wrong_with_a_query(talk, params, field):
    for where in ("", talk.path):
        assert faults(talk.owner.get(f"{where}/search", params=params)) == [("query", field)]


# --- changes ---

def test_search__knows_edits_and_deletions_at_once(talk):
    first, second = talk.say("gamma old"), talk.say("gamma kept")
    finds(talk.owner, talk.path, "gamma", "gamma kept", "gamma old")
    talk.member.ok("PUT", f"{talk.at}/message/{first['id']}", json={"content": "delta new"})
    assert texts(talk.owner, talk.path, "gamma") == ["gamma kept"]
    finds(talk.owner, talk.path, "delta", "delta new")
    assert talk.member.delete(f"{talk.at}/message/{second['id']}").status_code == 204
    assert texts(talk.owner, talk.path, "gamma") == []
    talk.member.ok("PUT", f"{talk.at}/message/{first['id']}", json={"content": "gamma delta"})
    finds(talk.owner, talk.path, "gamma", "gamma delta")
    finds(talk.owner, talk.path, "delta", "gamma delta")


def test_search__knows_lost_rights_at_once(talk):
    closed = talk.owner.chat(talk.id, "Closed", join="invite")["id"]
    opened = talk.owner.chat(talk.id, "Open", join="open")["id"]
    talk.owner.message(talk.id, closed, "epsilon closed")
    talk.owner.message(talk.id, opened, "epsilon open")
    talk.say("epsilon everyone")
    finds(talk.owner, talk.path, "epsilon", "epsilon everyone", "epsilon open", "epsilon closed")
    assert texts(talk.member, talk.path, "epsilon") == texts(talk.member, "", "epsilon") == ["epsilon everyone"]
    assert texts(talk.member, talk.path, "epsilon", chat=closed) == []

    talk.owner.ok("PUT", f"{talk.chat_path(closed)}/members/{talk.member.id}")
    talk.member.ok("POST", f"{talk.chat_path(opened)}/join")
    assert texts(talk.member, talk.path, "epsilon") == ["epsilon everyone", "epsilon open", "epsilon closed"]
    assert talk.owner.delete(f"{talk.chat_path(closed)}/members/{talk.member.id}").status_code == 204
    assert texts(talk.member, talk.path, "epsilon") == ["epsilon everyone", "epsilon open"]
    assert talk.owner.delete(talk.chat_path(opened)).status_code == 204
    assert texts(talk.member, "", "epsilon") == ["epsilon everyone"]
    assert talk.owner.delete(f"{talk.path}/users/{talk.member.id}").status_code == 204
    assert texts(talk.member, "", "epsilon") == []
    assert talk.member.get(f"{talk.path}/search?q=epsilon").status_code == 404


def test_search__looks_in_one_workspace_or_in_all_of_ones_own(talk, alice, bob, make_user):
    second = alice.workspace("Second")
    alice.add_member(second, bob)
    foreign = make_user()
    third = foreign.workspace("Third")
    foreign.message(third, foreign.chat(third), "zeta third")
    talk.say("zeta first")
    alice.message(second, alice.chat(second), "zeta second")
    talk.say("zeta again")
    finds(bob, "", "zeta", "zeta again", "zeta second", "zeta first")
    finds(foreign, "", "zeta", "zeta third")
    assert texts(bob, talk.path, "zeta") == ["zeta again", "zeta first"]
    assert texts(bob, f"/workspaces/{second['id']}", "zeta") == ["zeta second"]
    assert pages(bob, "/search?q=zeta&limit=2") == ["zeta again", "zeta second", "zeta first"]
    found = search(bob, "", "zeta", limit=2)["hits"]
    assert [hit["chat"]["workspace_id"] for hit in found] == [talk.id, second["id"]]


def test_search__of_all_passes_over_what_is_shut(alice, bob, server):
    shut = alice.workspace("Shut")
    alice.add_member(shut, bob)
    bob.message(shut, bob.chat(shut), "eta shut")
    own = bob.ok("GET", "/workspaces")
    mine = next(w for w in own if w["personal"])
    bob.message(mine, bob.chat(mine), "eta own")
    finds(bob, "", "eta", "eta own", "eta shut")
    keeper = alice.sign_in()
    switch_on(keeper)
    until(lambda: keeper.put(f"/workspaces/{shut['id']}", json={"require_2fa": True}).status_code == 200)
    assert texts(bob, "", "eta") == ["eta own"]


def test_search__with_a_key_stays_in_its_workspace(admin, make_user):
    owner = make_user(role="ADMIN")
    key = Key(owner, "read")
    other = owner.workspace("Other")
    owner.message(other, owner.chat(other), "theta other")
    owner.message(key.place, owner.chat(key.place), "theta own")
    finds(owner, "", "theta", "theta own", "theta other")
    assert texts(key, "", "theta") == ["theta own"]


def test_search__follows_a_chat_that_is_moved(talk, alice):
    second = alice.workspace("Second")
    chat = alice.chat(talk.id, "Moving")["id"]
    alice.message(talk.id, chat, "iota moved")
    finds(alice, talk.path, "iota", "iota moved")
    alice.ok("POST", f"{talk.chat_path(chat)}/move", json={"workspace_id": second["id"]})
    assert texts(alice, talk.path, "iota") == []
    finds(alice, f"/workspaces/{second['id']}", "iota", "iota moved")


# --- too much to look at ---

def own_talk(deep):
    alice, bob, _ = deep.people(2)
    return Talk(alice, bob, None)


def indexed(deep):
    until(lambda: deep.count("index_queue") == 0)
    return deep.count("words")


LOOKED_AT = 50_000  # rows of the index, by one search


def claim_word(deep, word, first, count=LOOKED_AT):
    """The index says that so many messages behind the one with the key `first` have a word; none of them is there."""
    digits = " JOIN ".join(f"(SELECT {' AS n UNION ALL SELECT '.join('0123456789')}) d{place}" for place in range(5))
    number = " + ".join(f"d{place}.n * {10 ** place}" for place in range(5))
    deep.rows("INSERT INTO words (workspace_id, word, message_id, chat_id) "
              f"SELECT m.workspace_id, X'{word.encode().hex()}', m.id + 1 + {number}, m.chat_id "
              f"FROM messages m JOIN {digits} WHERE m.id = {first} AND {number} < {count}")


def test_search__that_looks_at_too_much_goes_on_by_its_link(deep):
    talk = own_talk(deep)
    talk.say("xi oldest", "xi older")
    assert indexed(deep) == 4
    claim_word(deep, "xi", deep.rows("SELECT MAX(id) FROM messages")[0][0])
    answer = talk.owner.get(f"{talk.path}/search", params={"q": '"xi"', "limit": 2})
    assert answer.json()["partial"] is True and answer.json()["hits"] == []
    pages_left = 10
    while answer.json()["partial"]:
        assert answer.json()["hits"] == []
        pages_left -= 1
        assert pages_left, "it stays where it is"
        answer = talk.owner.get(next_of(answer))
    assert [hit["message"]["content"] for hit in answer.json()["hits"]] == ["xi older", "xi oldest"]


def test_search__for_a_beginning_that_too_many_have_is_for_the_word(deep):
    talk = own_talk(deep)
    talk.say("omic", "omicron", "omic only")
    assert indexed(deep) == 4
    assert search(talk.owner, talk.path, "omic")["partial"] is False
    claim_word(deep, "omicx", deep.rows("SELECT MAX(id) FROM messages")[0][0], LOOKED_AT - 2)
    page = search(talk.owner, talk.path, "omic")
    assert page["partial"] is True
    assert [hit["message"]["content"] for hit in page["hits"]] == ["omic only", "omic"]


# --- the index ---


def test_index__loses_what_is_edited_deleted_moved_and_erased(deep):
    talk = own_talk(deep)
    kept = talk.say("kept words")
    assert indexed(deep) == 2
    talk.member.ok("PUT", f"{talk.at}/message/{kept['id']}", json={"content": "other words here"})
    assert indexed(deep) == 3
    gone = talk.say("gone soon")
    assert indexed(deep) == 5
    talk.member.delete(f"{talk.at}/message/{gone['id']}")
    assert indexed(deep) == 3

    chat = talk.owner.chat(talk.id, "Going")["id"]
    talk.owner.message(talk.id, chat, "a chat that goes")
    assert indexed(deep) == 7
    second = talk.owner.workspace("Second")
    talk.owner.ok("POST", f"{talk.chat_path(chat)}/move", json={"workspace_id": second["id"]})
    assert indexed(deep) == 7 and len(set(deep.rows("SELECT DISTINCT workspace_id FROM words"))) == 2
    talk.owner.delete(f"/workspaces/{second['id']}/chat/{chat}")
    deep.wake()
    until(lambda: deep.count("messages") == 2)
    assert indexed(deep) == 3
    talk.owner.delete(talk.path)
    deep.wake()
    until(lambda: deep.count("workspaces", "name = 'Team'") == 0)
    assert indexed(deep) == 0


def test_index__loses_what_an_erased_user_wrote(deep):
    alice, bob, admin = deep.people(2)
    talk = Talk(alice, bob, None)
    talk.say("personal words")
    assert indexed(deep) == 2
    assert admin.delete(f"/users/{bob.id}", params={"messages": "erase"}).status_code == 204
    deep.wake()
    until(lambda: deep.count("messages") == 0)
    assert indexed(deep) == 0


def test_index__takes_a_long_message_whole(deep):
    talk = own_talk(deep)
    text = " ".join(f"w{n}" for n in range(12000))
    talk.say(text, "short")
    finds(talk.owner, talk.path, "w11999 w0", text)
    assert deep.count("words") == 12001
    assert search(talk.owner, talk.path, "w11999 w0")["hits"][0]["message"]["content"] == text


def test_reindex__writes_what_is_missing_and_removes_what_is_wrong(deep):
    talk = own_talk(deep)
    talk.say("lambda first", "lambda second")
    assert indexed(deep) == 4
    before = deep.rows("SELECT workspace_id, HEX(word), message_id, chat_id FROM words ORDER BY 1, 2, 3")
    deep.rows("DELETE FROM words WHERE word = X'6C616D626461'")
    deep.rows("INSERT INTO words (workspace_id, word, message_id, chat_id) SELECT workspace_id, X'7A7A', id, chat_id FROM messages")
    deep.rows("INSERT INTO words (workspace_id, word, message_id, chat_id) VALUES (99999, X'79', 99999, 1)")
    assert texts(talk.owner, talk.path, "lambda") == []
    done = deep.server.command("reindex")
    assert done.returncode == 0, done.stderr
    assert "2 messages" in done.stdout and "3 words" in done.stdout
    assert deep.rows("SELECT workspace_id, HEX(word), message_id, chat_id FROM words ORDER BY 1, 2, 3") == before
    assert texts(talk.owner, talk.path, "lambda") == ["lambda second", "lambda first"]


def test_reindex__goes_on_where_it_was_cut_off(deep):
    talk = own_talk(deep)
    talk.say("mu first", "mu second")
    assert indexed(deep) == 4
    first = deep.rows("SELECT MIN(id) FROM messages")[0][0]
    deep.rows("DELETE FROM words")
    deep.rows(f"INSERT INTO singletons (name, value, created_us) VALUES ('reindex', 'messages {first}', 1)")
    done = deep.server.command("reindex")
    assert done.returncode == 0 and "Going on" in done.stdout and "1 messages" in done.stdout
    assert texts(talk.owner, talk.path, "mu") == ["mu second"]
    assert deep.count("singletons", "name = 'reindex'") == 0

    deep.rows("INSERT INTO singletons (name, value, created_us) VALUES ('reindex', 'words 1 2 6d75', 1)")
    deep.rows("DELETE FROM words")
    assert "0 messages" in deep.server.command("reindex").stdout
    deep.rows("INSERT INTO singletons (name, value, created_us) VALUES ('reindex', 'words 1 x', 1)")
    assert "--restart" in deep.server.command("reindex").stderr
    done = deep.server.command("reindex", "--restart")
    assert done.returncode == 0 and "2 messages" in done.stdout
    assert texts(talk.owner, talk.path, "mu") == ["mu second", "mu first"]


def test_update__indexes_what_was_there_before(deep, binary):
    talk = own_talk(deep)
    gone = talk.say("nu kept", "nu gone")
    assert talk.member.delete(f"{talk.at}/message/{gone['id']}").status_code == 204
    steps = json.loads((binary.parent / "generated/statements.json").read_text(encoding="utf-8"))["schema"]["sqlite"]
    before = next(step["version"] for step in steps if step["name"] == "search") - 1
    for parley in deep.server.stack.parleys:
        parley.stop()
    done = deep.server.command("migrate", "down", str(before))
    assert done.returncode == 0, done.stderr
    for parley in deep.server.stack.parleys:
        parley.start()
    deep.server.stack.wait()
    finds(talk.owner, talk.path, "nu", "nu kept")
    assert indexed(deep) == 2
