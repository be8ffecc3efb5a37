"""What is kept of second factors: sealed secrets and their keys, what expires, what goes with its user; and the doors of a
workspace that asks for one."""
import base64
import signal
import subprocess

import pytest
from harness.parley import base_environment
from support.factor import code_of, first_step, second_step, switch_on
from support.waiting import until


def sealed(deep):
    return {row[0] for row in deep.rows("SELECT HEX(secret) FROM totp")}


def seal_files(deep):
    return sorted(p.name for p in (deep.server.folder / "keys").glob("seal*"))


def test_lock__ends_after_fifteen_minutes(deep):
    (alice, _) = deep.people(1)
    authenticator, _ = switch_on(alice)
    wrong = authenticator.wrong()
    for i in range(10):
        if i % 5 == 0:
            challenge = first_step(alice)
        assert second_step(alice.http, challenge, code=wrong).status_code == 401
    locked = second_step(alice.http, first_step(alice), code=authenticator.fresh())
    assert locked.status_code == 423 and int(locked.headers["retry-after"]) > 600
    deep.rows("UPDATE totp SET locked_until_us = locked_until_us - 900000000")
    challenge = first_step(alice)
    assert code_of(second_step(alice.http, challenge, code=wrong)) == "invalid_code"
    assert second_step(alice.http, challenge, code=authenticator.fresh()).status_code == 200


def test_challenge__expires(deep):
    (alice, _) = deep.people(1)
    authenticator, _ = switch_on(alice)
    challenge = first_step(alice)
    deep.rows("UPDATE challenges SET expires_us = expires_us - 300000000")
    assert code_of(second_step(alice.http, challenge, code=authenticator.fresh())) == "invalid_challenge"
    deep.wake()
    until(lambda: deep.count("challenges") == 0)


def test_rows__go_with_their_user(deep):
    (alice, admin) = deep.people(1)
    switch_on(alice)
    first_step(alice)
    assert (deep.count("totp"), deep.count("recovery_codes"), deep.count("challenges")) == (1, 10, 1)
    assert admin.delete(f"/users/{alice.id}").status_code == 204
    assert (deep.count("totp"), deep.count("recovery_codes"), deep.count("challenges")) == (0, 0, 0)


def test_secret__is_not_in_the_database(deep):
    (alice, _) = deep.people(1)
    authenticator, codes = switch_on(alice)
    (row,) = sealed(deep)
    assert base64.b32decode(authenticator.secret).hex().upper() not in row
    kept = {r[0] for r in deep.rows("SELECT HEX(code_hash) FROM recovery_codes")}
    assert len(kept) == 10 and all(len(k) == 64 for k in kept)
    assert not any(c.encode().hex().upper() in k for c in codes for k in kept)


def test_secret__of_one_user_opens_for_no_other(deep):
    (alice, bob, _) = deep.people(2)
    authenticator, _ = switch_on(alice)
    switch_on(bob)
    rows = deep.rows("SELECT HEX(secret) FROM totp ORDER BY user_id")
    literal = f"x'{rows[0][0]}'"
    deep.rows(f"UPDATE totp SET secret = {literal}")
    assert second_step(bob.http, first_step(bob), code=authenticator.fresh()).status_code == 503
    assert second_step(alice.http, first_step(alice), code=authenticator.fresh()).status_code == 200


def test_key_rotate__seals_anew_and_asks_for_the_same_codes(deep):
    (alice, bob, _) = deep.people(2)
    authenticator, codes = switch_on(alice)
    switch_on(bob)
    before = sealed(deep)
    done = deep.server.command("key", "rotate")
    assert done.returncode == 0 and "Secrets sealed again: 2." in done.stdout, done.stderr
    after = sealed(deep)
    assert len(after) == 2 and not after & before
    assert len({row[:10] for row in after}) == 1 and {row[:10] for row in after} != {row[:10] for row in before}
    # The running server finds the new key by itself, and after SIGHUP too.
    assert second_step(alice.http, first_step(alice), code=authenticator.fresh()).status_code == 200
    deep.server.stack.parleys[0].send(signal.SIGHUP)
    assert second_step(alice.http, first_step(alice), recovery_code=codes[0]).status_code == 200
    assert len(seal_files(deep)) == 2
    assert deep.server.command("key", "rotate").returncode == 0
    assert len(seal_files(deep)) == 2 and not sealed(deep) & after


def test_key_rotate__says_what_it_cannot_open(deep):
    (alice, _) = deep.people(1)
    switch_on(alice)
    deep.rows("UPDATE totp SET secret = x'0100000000'")
    done = deep.server.command("key", "rotate")
    assert done.returncode == 1 and "1 second factors are sealed under a key that is not in KEYS_DIR" in done.stderr
    assert len(seal_files(deep)) == 2


@pytest.mark.columns("mariadb")
def test_serve__without_its_sealing_key_does_not_start(deep):
    server = deep.server
    seal = server.folder / "keys/seal.key"
    kept = seal.read_bytes()
    seal.unlink()
    try:
        done = subprocess.run([str(server.binary), "serve"], cwd=server.folder, capture_output=True, text=True, check=False,
                              env={**base_environment(), **server.settings,
                                   "FCGI_SOCKET": str(server.folder / "second.sock")}, timeout=60)
        assert done.returncode == 1 and "belongs to a server with another sealing key" in done.stderr
    finally:
        seal.write_bytes(kept)


@pytest.fixture
def shut(make_user, alice, bob):
    """A workspace of alice's that asks for a second factor, which its member bob does not have."""
    workspace = alice.workspace()
    chat = alice.chat(workspace)
    alice.add_member(workspace, bob)
    files = {"files": ("a.txt", b"text", "text/plain")}
    message = alice.ok("POST", f"/workspaces/{workspace['id']}/chat/{chat['id']}/message", 201, data={"content": "x"},
                       files=files)
    switch_on(alice)
    path = f"/workspaces/{workspace['id']}"
    # Another process may remember for a second that alice has none.
    until(lambda: alice.put(path, json={"require_2fa": True}).status_code == 200)
    return path, chat["id"], message


def doors(path, chat, message):
    room = f"{path}/chat/{chat}"
    return [("GET", path), ("PUT", path), ("DELETE", path), ("POST", f"{path}/invite"), ("GET", f"{path}/chats/history"),
            ("POST", f"{path}/chat"), ("GET", room), ("GET", f"{room}/messages"), ("POST", f"{room}/message"),
            ("GET", f"{room}/message/{message['id']}"), ("POST", f"{path}/uploads"), ("GET", f"{path}/attachments"),
            ("GET", f"/attachments/{message['attachments'][0]['id']}"),
            ("GET", f"/attachments/{message['attachments'][0]['id']}/url")]


def test_workspace__that_asks_for_one_shuts_its_doors(shut, bob):
    def is_shut(method, door):
        answer = bob.request(method, door, **({"json": {}} if method in ("POST", "PUT") else {}))
        return (answer.status_code, code_of(answer)) == (403, "second_factor_required")
    open_doors = [door for door in doors(*shut) if not is_shut(*door)]
    # A MEMBER has no right to these anyway; either answer is a shut door.
    assert [door for door in open_doors if door[0] not in ("PUT", "DELETE")] == []


def test_workspace__that_asks_for_one_opens_to_who_has_one(shut, bob):
    path, chat, message = shut
    switch_on(bob)
    until(lambda: bob.get(path).status_code == 200)
    assert bob.get(f"{path}/chat/{chat}/messages").status_code == 200
    assert bob.get(f"/attachments/{message['attachments'][0]['id']}").status_code in (200, 302)


def test_workspace__that_asks_for_one_is_still_listed(shut, bob):
    path, *_ = shut
    assert path.rsplit("/", 1)[1] in {w["id"] for w in bob.ok("GET", "/workspaces") if w["require_2fa"]}


def test_workspace__shuts_again_when_the_second_factor_goes(shut, bob):
    path, *_ = shut
    authenticator, _ = switch_on(bob)
    until(lambda: bob.get(path).status_code == 200)
    assert bob.post("/auth/2fa/disable", json={"code": authenticator.fresh()}).status_code == 204
    until(lambda: bob.get(path).status_code == 403)


def test_workspace__stranger_learns_nothing_of_it(shut, make_user):
    path, *_ = shut
    assert make_user().get(path).status_code == 404
