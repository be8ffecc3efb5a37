"""A process recalls what somebody may do in a chat: a right that another process takes away, or gives, counts at once."""
import pytest
from support.factor import switch_on
from support.recalled import ASKED, WARM
from support.talk import Talk, is_code
from support.waiting import until


@pytest.fixture
def talk(own):
    server, admin = own
    return Talk(server.person(admin), server.person(admin), lambda **f: server.person(admin, **f))


def page(person, at):
    return person.request("GET", f"{at}/messages?limit=5")


def newer(person, at):
    return person.request("GET", f"{at}/messages?after_seq=1000")


def by_number(person, at):
    return person.request("GET", f"{at}/messages?page=1&page_size=5")


def chat(person, at):
    return person.request("GET", at)


def post(person, at):
    return person.request("POST", f"{at}/message", json={"content": "hello"})


def post_again(person, at):
    """Once done, it is answered with the message that there is."""
    return person.request("POST", f"{at}/message", json={"content": "hello"}, headers={"Idempotency-Key": "once"})


# Every route with ROUTE_PROVES_ACCESS, in each of the ways in which its handler proves what is recalled.
READS = [page, newer, by_number, chat]
CALLS = [*READS, post, post_again]


def history(person, at):
    return person.request("GET", f"{at.partition('/chat/')[0]}/chats/history")


def removed(talk, _at):
    talk.owner.ok("DELETE", f"{talk.path}/users/{talk.member.id}", 204)
    return 404, "workspace_not_found"


def taken_out(talk, at):
    talk.owner.ok("DELETE", f"{at}/members/{talk.member.id}", 204)
    return 404, "chat_not_found"


def left(talk, at):
    talk.member.ok("POST", f"{at}/leave", 204)
    return 404, "chat_not_found"


def made_invite_only(talk, at):
    talk.owner.ok("PUT", at, json={"join": "invite"})
    return 404, "chat_not_found"


def deleted(talk, at):
    talk.owner.ok("DELETE", at, 204)
    return 404, "chat_not_found"


def moved(talk, at):
    there = talk.owner.workspace("Elsewhere")["id"]
    talk.owner.ok("POST", f"{at}/move", json={"workspace_id": there})
    return 404, "chat_not_found"


def workspace_deleted(talk, _at):
    talk.owner.ok("DELETE", talk.path, 204)
    return 404, "workspace_not_found"


def factor_asked(talk, _at):
    switch_on(talk.owner)
    until(lambda: talk.owner.put(talk.path, json={"require_2fa": True}).status_code == 200)
    return 403, "second_factor_required"


def lowered(talk, _at):
    talk.owner.ok("PUT", f"{talk.path}/users/{talk.member.id}", json={"role": "GUEST"})
    return 403, "forbidden"


def warmed(talk, call, join="workspace"):
    """The path of a chat that the member has used on all processes."""
    at = talk.chat_path(talk.owner.chat(talk.id, "Recalled", join=join)["id"])
    if join != "workspace":
        talk.owner.ok("PUT", f"{at}/members/{talk.member.id}")
    talk.owner.ok("POST", f"{at}/message", 201, json={"content": "first"})
    for _ in range(WARM):
        answer = call(talk.member, at)
        assert answer.status_code < 300, answer.text
    return at


@pytest.mark.mysql
@pytest.mark.parametrize("call", CALLS, ids=lambda c: c.__name__)
@pytest.mark.parametrize("loss, join", [(removed, "workspace"), (taken_out, "invite"), (left, "invite"),
                                        (made_invite_only, "workspace"), (deleted, "workspace"), (moved, "workspace"),
                                        (workspace_deleted, "workspace"), (factor_asked, "workspace")],
                         ids=lambda x: getattr(x, "__name__", x))
def test_recalled_right__is_gone_at_once(talk, call, loss, join):
    at = warmed(talk, call, join)
    status, code = loss(talk, at)
    for _ in range(ASKED):
        assert is_code(call(talk.member, at), status, code)


@pytest.mark.mysql
@pytest.mark.parametrize("loss", [removed, workspace_deleted, factor_asked], ids=lambda x: x.__name__)
def test_recalled_membership__is_gone_at_once(talk, loss):
    at = warmed(talk, history)
    status, code = loss(talk, at)
    for _ in range(ASKED):
        assert is_code(history(talk.member, at), status, code)


@pytest.mark.mysql
@pytest.mark.parametrize("call", [post, post_again], ids=lambda c: c.__name__)
def test_recalled_role__is_gone_at_once(talk, call):
    at = warmed(talk, call)
    status, code = lowered(talk, at)
    for _ in range(ASKED):
        assert is_code(call(talk.member, at), status, code)


@pytest.mark.mysql
def test_recalled_refusal__ends_when_the_right_is_given(talk):
    at = warmed(talk, page)
    talk.owner.ok("PUT", f"{talk.path}/users/{talk.member.id}", json={"role": "GUEST"})
    for _ in range(WARM):
        assert is_code(post(talk.member, at), 403, "forbidden")
    talk.owner.ok("PUT", f"{talk.path}/users/{talk.member.id}", json={"role": "MEMBER"})
    for _ in range(ASKED):
        assert post(talk.member, at).status_code == 201


@pytest.mark.mysql
@pytest.mark.parametrize("call", CALLS, ids=lambda c: c.__name__)
def test_recalled_right__outlives_changes_of_others(talk, call):
    at = warmed(talk, call, "invite")
    _ = talk.guest  # moves the workspace's version
    talk.owner.ok("PUT", f"{at}/members/{talk.guest.id}")  # and the chat's
    for _ in range(ASKED):
        assert call(talk.member, at).status_code < 300
