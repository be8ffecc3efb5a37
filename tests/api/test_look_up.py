"""Members looked up by what they are called; one name for a person everywhere."""
import pytest
from support.client import new_email


@pytest.fixture
def crowd(alice, make_user):
    """A workspace of alice's with people to look for, and a guest: (path, people by name, guest)."""
    workspace = alice.workspace("Crowd")
    people = {"alice": alice}
    for first, last, mail in (("Zo\u00eb Ann", "Quist", "z"), ("\u00c9mile", "Zola", "e"), (None, None, "quentin"),
                              ("50%_off", None, "p")):
        person = make_user(email=new_email(mail), first_name=first, last_name=last)
        alice.add_member(workspace, person)
        people[mail] = person
    guest = make_user(email=new_email("guest"), first_name="Guest")
    alice.add_member(workspace, guest, "GUEST")
    return f"/workspaces/{workspace['id']}/users", people, guest


def found(person, path, **query):
    return [u["user_id"] for u in person.ok("GET", path, 200, params=query)]


@pytest.mark.parametrize("text, who", [
    ("zo", ["z", "e"]), ("ZO\u00cb", ["z"]), ("ann", ["z"]), ("zoe\u0308 ann q", ["z"]), ("q", ["z", "quentin"]), ("\u00e9m", ["e"]),
    ("\u00c9MILE ZOLA", ["e"]), ("%", []), ("50%", ["p"]), ("50_", []), ("_", []), ("mile", []), ("nn", []), ("'", []),
    ("quist zo", []), (" zo", ["z", "e"])])
def test_look_up__finds_by_the_beginning_of_a_word(crowd, alice, text, who):
    path, people, _ = crowd
    assert found(alice, path, q=text) == [people[w].id for w in who]


def test_look_up__finds_by_address_but_not_for_guests(crowd, alice):
    path, people, guest = crowd
    wanted = people["e"]
    local = wanted.email.split("@")[0].upper()
    assert found(alice, path, q=wanted.email.upper()) == [wanted.id]
    assert wanted.id in found(alice, path, q=local)
    assert found(guest, path, q=wanted.email) == []
    assert found(guest, path, q="\u00e9mile") == [wanted.id]
    seen = guest.ok("GET", path)
    assert len(seen) == 6 and {u["email"] for u in seen} == {None}
    assert {u["name"] for u in seen} >= {"Zo\u00eb Ann Quist", "\u00c9mile Zola", people["quentin"].user["username"]}


def test_look_up__is_paged_and_takes_a_role(crowd, alice):
    path, people, guest = crowd
    assert found(alice, path, role="OWNER") == [alice.id] and found(alice, path, role="GUEST") == [guest.id]
    seen, answer = [], alice.get(path, params={"limit": 4})
    while True:
        seen += [u["user_id"] for u in answer.json()]
        if "next" not in answer.links:
            break
        answer = alice.get(answer.links["next"]["url"])
    assert seen == found(alice, path) and len(seen) == 6


def test_look_up__follows_a_new_name_and_forgets_a_removed_member(crowd, alice):
    path, people, _ = crowd
    person = people["quentin"]
    person.ok("PUT", "/auth/me", json={"first_name": "\u00d6zg\u00fcr"})
    assert found(alice, path, q="\u00f6zg\u00dc") == [person.id]
    alice.ok("DELETE", f"{path}/{person.id}", 204)
    assert found(alice, path, q="\u00f6zg\u00fc") == []


def test_look_up__keeps_to_its_workspace(crowd, alice, bob):
    path, people, _ = crowd
    assert bob.get(path).status_code == 404
    other = f"/workspaces/{alice.workspace('Other')['id']}/users"
    assert found(alice, other, q="zo") == []


def test_name__is_one_everywhere(alice, make_user):
    full = make_user(first_name="Ada", last_name="Lovelace")
    bare = make_user()
    workspace = alice.workspace("Names")
    for person, name in ((full, "Ada Lovelace"), (bare, bare.user["username"])):
        alice.add_member(workspace, person)
        chat = person.chat(workspace)
        invited = person.ok("POST", f"/workspaces/{workspace['id']}/invite", json={"email": new_email("new")})
        members = {u["user_id"]: u["name"] for u in alice.ok("GET", f"/workspaces/{workspace['id']}")["users"]}
        token = invited["invite_url"].split("token=")[1]
        invitations = {i["id"]: i["invited_by_name"] for i in alice.ok("GET", f"/workspaces/{workspace['id']}/invitations")}
        assert {person.ok("GET", "/auth/me")["name"], members[person.id], invitations[invited["invitation_id"]],
                person.message(workspace, chat)["sender"]["name"],
                person.http.post("/invitations/lookup", json={"token": token}).json()["invited_by_name"]} == {name}
