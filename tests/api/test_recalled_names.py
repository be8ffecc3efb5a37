"""A process recalls what people are called: a name that another process changes shows at once wherever it stands."""
import pytest
from support.recalled import ASKED, WARM
from support.talk import Talk


@pytest.fixture
def talk(own):
    server, admin = own
    talk = Talk(server.person(admin), server.person(admin, first_name="Before"), lambda **f: server.person(admin, **f))
    talk.say("first")
    talk.admin = admin
    return talk


def in_page(talk):
    return talk.owner.ok("GET", f"{talk.at}/messages?limit=1&after_seq=0")["messages"][0]["sender"]


def in_chat(talk):
    return talk.owner.ok("GET", talk.at)["messages"][0]["sender"]


def in_history(talk):
    return talk.owner.ok("GET", f"{talk.path}/chats/history")[0]["last_message"]["sender"]


def posted(talk):
    return talk.member.ok("POST", f"{talk.at}/message", 201, json={"content": "once more"})["sender"]


READS = [in_page, in_chat, in_history]


@pytest.mark.mysql
@pytest.mark.parametrize("place", [*READS, posted], ids=lambda p: p.__name__)
def test_recalled_name__follows_a_change_at_once(talk, place):
    for turn in range(2):
        for _ in range(WARM):
            place(talk)
        talk.member.ok("PUT", "/auth/me", 200, json={"first_name": f"After {turn}"})
        assert [place(talk)["name"] for _ in range(ASKED)] == [f"After {turn}"] * ASKED


@pytest.mark.mysql
@pytest.mark.parametrize("place", READS, ids=lambda p: p.__name__)
def test_recalled_name__goes_with_the_account(talk, place):
    for _ in range(WARM):
        assert place(talk)["name"] == "Before"
    talk.admin.ok("DELETE", f"/users/{talk.member.id}", 204)
    assert [place(talk)["name"] for _ in range(ASKED)] == ["Deleted user"] * ASKED
