"""Rights that are taken away while what they allowed is under way: the removal waits for it, or it is refused."""
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from support.client import anyone
from support.holder import Holder
from support.talk import Talk, is_code, text_file
from support.waiting import until

pytestmark = pytest.mark.mysql

ROUNDS = 6
POSTERS = 6


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


# --- races ---

def posts_until(talk, posters, stop, post):
    """Posts again and again on that many threads until `stop`; gives the last answer of each."""
    def run():
        answer = post()
        while answer.status_code == 201 and not stop.is_set():
            answer = post()
        return answer

    return [posters.submit(run) for _ in range(POSTERS)]


def last_seq(talk):
    newest = talk.owner.ok("GET", f"{talk.at}/messages?limit=1")["messages"]
    return newest[0]["seq"] if newest else 0


def by_bob_after(talk, seq):
    messages = talk.owner.ok("GET", f"{talk.at}/messages?after_seq={seq}&limit=100")["messages"]
    return [m["seq"] for m in messages if m["sender"]["id"] == talk.member.id]


@pytest.mark.parametrize("kind", ["json", "form"])
def test_removed_member__posts_nothing_after_the_answer(talk, kind):
    post = {"json": lambda: talk.member.post(f"{talk.at}/message", json={"content": "still here"}),
            "form": lambda: talk.send(text_file(b"x" * 200_000))}[kind]
    with ThreadPoolExecutor(POSTERS) as posters:
        for _ in range(ROUNDS):
            before = last_seq(talk)
            stop = Event()
            running = posts_until(talk, posters, stop, post)
            until(lambda: last_seq(talk) > before)
            talk.owner.ok("DELETE", f"{talk.path}/users/{talk.member.id}", 204)
            newest = last_seq(talk)
            stop.set()
            answers = [r.result() for r in running]
            assert by_bob_after(talk, newest) == []
            assert {(a.status_code, a.json().get("code")) for a in answers} <= {(404, "workspace_not_found"), (201, None)}
            talk.owner.add_member(talk.id, talk.member)


# --- one at a time, held up by a lock of the database ---

@pytest.fixture(scope="module")
def own(maker, backing):
    """A server whose database nobody else uses, and its administrator."""
    server = maker.make(backing, settings={})
    yield server, server.setup()
    server.close()


@pytest.fixture
def own_talk(own):
    server, admin = own
    return Talk(server.person(admin), server.person(admin), lambda **f: server.person(admin, **f))


def post_form(talk, _message):
    return talk.send(text_file())


def uploaded(talk, _message):
    return talk.member.post(f"{talk.path}/uploads", json={"filename": "a.txt", "size": 5})


CHANGES = {
    "post": lambda talk, _message: talk.member.post(f"{talk.at}/message", json={"content": "late"}),
    "form": post_form,
    "edit": lambda talk, message: talk.member.put(f"{talk.at}/message/{message}", json={"content": "late"}),
    "delete": lambda talk, message: talk.member.delete(f"{talk.at}/message/{message}"),
    "upload": uploaded,
}


@pytest.mark.columns("mariadb", "mysql")
@pytest.mark.parametrize("change", list(CHANGES))
def test_removed_member__changes_nothing_that_waited(own, own_talk, change):
    talk = own_talk
    message = talk.say("before")
    holder = Holder(own[0])
    holder.lock("users", talk.member.id)
    holder.lock("chats", talk.chat)
    holder.lock("messages", message["id"])
    with ThreadPoolExecutor(1) as one:
        running = one.submit(CHANGES[change], talk, message["id"])
        try:
            holder.until_waiting()
            talk.owner.ok("DELETE", f"{talk.path}/users/{talk.member.id}", 204)
        finally:
            holder.release()
        assert is_code(running.result(), 404, "workspace_not_found")
    seen = talk.owner.ok("GET", f"{talk.at}/messages")["messages"]
    assert [(m["content"], m["edited_at"]) for m in seen] == [("before", None)]


@pytest.mark.columns("mariadb", "mysql")
def test_removed_member__completes_no_upload_that_waited(own, own_talk):
    talk = own_talk
    upload = uploaded(talk, None).json()
    assert anyone("PUT", upload["url"], content=b"hello", headers=upload["headers"]).status_code == 200
    path = f"{talk.path}/uploads/{upload['upload_id']}"
    holder = Holder(own[0])
    holder.lock("uploads", upload["upload_id"])
    with ThreadPoolExecutor(1) as one:
        running = one.submit(lambda: talk.member.post(f"{path}/complete", json={}))
        try:
            holder.until_waiting()
            talk.owner.ok("DELETE", f"{talk.path}/users/{talk.member.id}", 204)
        finally:
            holder.release()
        assert is_code(running.result(), 404, "workspace_not_found")
    talk.owner.add_member(talk.id, talk.member)
    talk.member.ok("POST", f"{path}/complete", 201, json={})


@pytest.mark.columns("mariadb", "mysql")
@pytest.mark.parametrize("change", ["post", "form"])
def test_guest__posts_nothing_that_waited_when_they_were_a_member(own, own_talk, change):
    talk = own_talk
    holder = Holder(own[0])
    holder.lock("chats", talk.chat)
    with ThreadPoolExecutor(1) as one:
        running = one.submit(CHANGES[change], talk, None)
        try:
            holder.until_waiting()
            talk.owner.ok("PUT", f"{talk.path}/users/{talk.member.id}", 200, json={"role": "GUEST"})
        finally:
            holder.release()
        assert running.result().status_code == 403
    assert last_seq(talk) == 0


OWN_CHANGES = {
    "state": lambda person, at: person.put(f"{at}/state", json={"draft": "late"}),
    "read": lambda person, at: person.post(f"{at}/read", json={"seq": 1}),
}


@pytest.mark.columns("mariadb", "mysql")
@pytest.mark.parametrize("change", list(OWN_CHANGES))
def test_leaver__keeps_no_state_of_a_chat_that_waited(own, own_talk, change):
    """The chat's lock lets first the one through who takes them out, then them."""
    talk = own_talk
    opened = talk.owner.chat(talk.id, join="open")["id"]
    at = talk.chat_path(opened)
    talk.member.ok("POST", f"{at}/join", 200)
    talk.owner.message(talk.id, opened, "unread")
    holder = Holder(own[0])
    holder.lock("chats", opened)
    with ThreadPoolExecutor(2) as both:
        try:
            removal = both.submit(lambda: talk.owner.delete(f"{at}/members/{talk.member.id}"))
            holder.until_waiting()
            running = both.submit(lambda: OWN_CHANGES[change](talk.member, at))
            holder.until_waiting(2)
        finally:
            holder.release()
        assert removal.result().status_code == 204
        assert is_code(running.result(), 403, "not_joined")
    kept = holder.database.query("SELECT COUNT(*) FROM chat_states s JOIN chats c ON c.id = s.chat_id "
                                 f"WHERE c.uuid = X'{opened.replace('-', '')}'", holder.name)
    assert kept == ["1"]  # the owner's, who has posted


# --- limits ---

def filled(server, person, workspace, statement):
    """Runs SQL with the person's and the workspace's keys for {user} and {workspace}, and numbers 1 to {count} as n."""
    name = server.settings["DATABASE_URL"].rpartition("/")[2]
    query = server.backing.database.query

    def key(table, thing):
        return query(f"SELECT id FROM {table} WHERE uuid = X'{thing.replace('-', '')}'", name)[0]

    query(statement.format(user=key("users", person.id), workspace=key("workspaces", workspace)), name)


def all_held_up(server, person, action):
    """The answers to action(0) … action(9), which wait for the person's row until several do, and then go on at once."""
    holder = Holder(server)
    holder.lock("users", person.id)
    with ThreadPoolExecutor(10) as many:
        running = [many.submit(action, i) for i in range(10)]
        try:
            holder.until_waiting(4)
        finally:
            holder.release()
        return [r.result() for r in running]


UPLOADS_MAX = 100
WORKSPACES_MAX = 1000


@pytest.mark.columns("mariadb", "mysql")
def test_pending_uploads__of_many_begun_at_once_no_more_than_allowed(own, own_talk):
    talk = own_talk
    filled(own[0], talk.member, talk.id, f"""INSERT INTO uploads (uuid, workspace_id, user_id, object_key, filename,
        content_type, size_bytes, created_us, expires_us)
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {UPLOADS_MAX - 2})
        SELECT UNHEX(LEFT(SHA2(CONCAT('{{user}}-', n), 256), 32)), {{workspace}}, {{user}}, CONCAT('{{user}}-', n), 'a.txt', 'text/plain', 5,
            0, 9000000000000000 FROM numbers""")
    answers = all_held_up(own[0], talk.member, lambda i: uploaded(talk, None))
    assert sorted(a.status_code for a in answers) == [201] * 2 + [409] * 8, [a.text for a in answers]


@pytest.mark.columns("mariadb", "mysql")
def test_workspaces__of_many_made_or_entered_at_once_no_more_than_allowed(own, own_talk):
    talk = own_talk
    others = [talk.owner.workspace(f"Team {i}")["id"] for i in range(5)]
    here = len(talk.member.ok("GET", "/workspaces"))
    filled(own[0], talk.member, talk.id, f"""INSERT INTO workspaces (uuid, name, created_by, member_count, created_us, updated_us)
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {WORKSPACES_MAX - 2 - here})
        SELECT UNHEX(LEFT(SHA2(CONCAT('w{{user}}-', n), 256), 32)), 'filled', {{user}}, 1, 0, 0 FROM numbers""")
    filled(own[0], talk.member, talk.id, """INSERT INTO members (workspace_id, user_id, role, joined_us)
        SELECT id, {user}, 3, 0 FROM workspaces WHERE name = 'filled' AND created_by = {user}""")

    def enter(i):
        if i % 2:
            return talk.member.post("/workspaces", json={"name": f"Mine {i}"})
        return talk.owner.post(f"/workspaces/{others[i // 2]}/invite", json={"email": talk.member.email})

    answers = all_held_up(own[0], talk.member, enter)
    assert sorted(a.status_code for a in answers) == [201] * 2 + [409] * 8, [a.text for a in answers]
