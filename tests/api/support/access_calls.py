"""How each row of the access matrix is called: with which ids, which body, and what is made for a call that succeeds.

A row without an entry here names the things of its path as they are and sends no body. Functions take the world, the
kind of the caller and the ids so far; `fresh` is asked before a call that will succeed, so that what it destroys or uses
up is no other cell's, and may give "as": who asks in the caller's place; `after` puts right what a success has changed.
"""
from dataclasses import dataclass
from typing import Callable
from urllib.parse import urlsplit

from .access_world import (chat_path, new_invitation, new_message, new_scheduled, new_upload, new_webhook,
                           session_of)
from .client import new_email, new_password
from .factor import first_step, set_up, switch_on
from .later import moment
from .push_service import Browser


def nothing(_world, _kind, _ids):
    return {}


@dataclass
class Call:
    ids: Callable = nothing       # other ids than the place's own
    fresh: Callable = nothing
    send: Callable = nothing      # what httpx takes
    after: Callable = nothing
    only_own: bool = False        # whose row is about the caller's own; the plain row tries other ids
    folder_only: bool = False     # where the store is S3, there is nothing at these paths
    names: tuple = ()             # ids in the body that are tried too
    statuses: tuple = ()          # the answers to a missing one, where it is not 404: ((name, status), …)


CALLS = {}


def sends(**body):
    return lambda _world, _kind, _ids: {"json": body}


def who(world, kind):
    """The person who asks; for nobody, somebody who may."""
    return world.callers.get(kind) or world.clerk


# --- sign-in ---

def account(email=None):
    return {"email": email or new_email(), "password": new_password()}


def second_session(world, kind, _ids):
    return {"as": who(world, kind).sign_in(world.http)}


def another_session(world, kind, _ids):
    return {"session": session_of(who(world, kind).sign_in(world.http))}


def with_factor(world, kind, _ids):
    """In a session of its own: the one that the other cells use may be remembered with what it had before."""
    person = who(world, kind).sign_in(world.http)
    return {"as": person, "recovery_codes": switch_on(person)[1]}


def factor_off(_world, _kind, ids):
    codes = (ids["answer"] or {}).get("recovery_codes") or ids["recovery_codes"]
    ids["as"].ok("POST", "/auth/2fa/disable", 204, json={"recovery_code": codes[1]})


def factor_set_up(world, kind, _ids):
    person = who(world, kind).sign_in(world.http)
    return {"as": person, "code": set_up(person).fresh()}


def proof(_world, _kind, ids):
    return {"json": {"recovery_code": ids.get("recovery_codes", ["00000-00000"])[0]}}


def second_step_of_keeper(world, _kind, _ids):
    return {"challenge": first_step(world.keeper), "recovery_code": world.recovery_code()}


def register_invited(world, _kind, _ids):
    email = new_email("invited")
    invite = new_invitation(world.callers["owner"], world.place.workspace, email)["token"]
    return {"json": {**account(email), "invite": invite}}


def fresh_reset(world, _kind, _ids):
    link = world.admin.ok("POST", f"/users/{world.person().id}/password-reset", 201)
    return {"token": link["reset_url"].rsplit("=", 1)[1]}


def own_password(world, kind, _ids):
    password = who(world, kind).password
    return {"json": {"current_password": password, "new_password": password}}


CALLS |= {
    "POST /auth/setup": Call(send=lambda *_: {"json": account()}),
    "POST /auth/register": Call(send=lambda *_: {"json": account()}),
    "POST /auth/register#invited": Call(send=register_invited),
    "POST /auth/login": Call(send=lambda w, *_: {"json": {"email": w.clerk.email, "password": w.clerk.password}}),
    "POST /auth/login/2fa": Call(
        fresh=second_step_of_keeper,
        send=lambda w, k, ids: {"json": {"challenge_token": ids.get("challenge", "none"),
                                         "recovery_code": ids.get("recovery_code", "00000-00000")}}),
    "POST /auth/refresh": Call(
        fresh=lambda w, *_: {"token": w.clerk.sign_in(w.http).tokens["refresh_token"]},
        send=lambda w, k, ids: {"json": {} if k in ("cookie", "xsite") else {"refresh_token": ids["token"]}}),
    "POST /auth/logout": Call(fresh=second_session),
    "DELETE /auth/sessions/{session}": Call(fresh=another_session),
    "PUT /auth/me": Call(send=sends(first_name="Somebody")),
    "PUT /auth/me/preferences": Call(send=sends(theme="dark")),
    "PUT /auth/me/notifications": Call(send=sends(mail=True)),
    "POST /auth/me/push": Call(send=lambda *_: {"json": Browser("https://push.example.org/x").subscription}),
    "DELETE /auth/me/push": Call(send=sends(endpoint="https://push.example.org/x")),
    "PUT /auth/me/status": Call(send=sends(text="Here")),
    "POST /auth/password": Call(send=own_password),
    "POST /auth/email": Call(
        send=lambda w, k, _: {"json": {"email": new_email(), "current_password": who(w, k).password}}),
    "POST /auth/email/confirm": Call(send=sends(token="A" * 43)),
    "POST /auth/password/forgot": Call(send=lambda *_: {"json": {"email": new_email()}}),
    "POST /auth/password/reset": Call(
        fresh=fresh_reset, names=("token",),
        send=lambda w, k, ids: {"json": {"token": ids["token"], "new_password": new_password()}}),
    "POST /auth/2fa/verify": Call(fresh=factor_set_up, after=factor_off,
                                  send=lambda w, k, ids: {"json": {"code": ids.get("code", "000000")}}),
    "POST /auth/2fa/disable": Call(fresh=with_factor, send=proof),
    "POST /auth/2fa/recovery-codes": Call(fresh=with_factor, send=proof, after=factor_off),
}


# --- users ---

def oneself(world, kind, _ids):
    return {"user": who(world, kind).id}


def somebody_else(world, _kind, _ids):
    return {"user": world.clerk.id}


def new_user(world, _kind, _ids):
    return {"user": world.person().id}


def new_guarded_user(world, _kind, _ids):
    person = world.person()
    switch_on(person)
    return {"user": person.id}


def target_user(world, _kind, _ids):
    return {"user": world.target.id}


def new_user_in_session(world, _kind, _ids):
    person = world.person()
    return {"user": person.id, "session": session_of(person)}


CALLS |= {
    "GET /users/{user}/sessions#self": Call(ids=oneself),
    "GET /users/{user}/sessions": Call(ids=target_user),
    "DELETE /users/{user}/sessions#self": Call(ids=oneself, only_own=True),
    "DELETE /users/{user}/sessions": Call(ids=target_user, fresh=new_user),
    "DELETE /users/{user}/sessions/{session}#self": Call(ids=oneself, fresh=another_session, only_own=True),
    "DELETE /users/{user}/sessions/{session}": Call(ids=target_user, fresh=new_user_in_session),
    "POST /users": Call(send=lambda *_: {"json": account()}),
    "GET /users/{user}#self": Call(ids=oneself),
    "GET /users/{user}": Call(ids=somebody_else),
    "PUT /users/{user}#self": Call(ids=oneself, send=sends(first_name="Somebody")),
    "PUT /users/{user}#own-role": Call(
        ids=oneself, send=lambda w, k, _: {"json": {"role": "ADMIN", "is_active": True}}),
    "PUT /users/{user}#own-address": Call(ids=oneself, send=lambda w, k, _: {"json": {"email": who(w, k).email}}),
    "PUT /users/{user}": Call(ids=somebody_else, send=sends(last_name="Else")),
    "DELETE /users/{user}#self": Call(ids=oneself),
    "DELETE /users/{user}": Call(ids=somebody_else, fresh=new_user),
    "DELETE /users/{user}/2fa": Call(ids=somebody_else, fresh=new_guarded_user),
    "DELETE /users/{user}/2fa#self": Call(ids=oneself, only_own=True),
    "POST /users/{user}/password-reset": Call(ids=somebody_else, fresh=new_user),
    "POST /users/{user}/password-reset#self": Call(ids=oneself, only_own=True),
}


# --- workspaces ---

def own_workspace(world, kind, _ids):
    return {"workspace": who(world, kind).workspace()["id"]}


def add_target(world, _kind, ids):
    world.callers["owner"].add_member(ids["workspace"], world.target)


def newcomer(world, kind, ids):
    person = world.person()
    owner = world.keeper if kind == "shut" else world.callers["owner"]
    owner.add_member(ids["workspace"], person, "GUEST" if kind in ("guest", "mixed") else "MEMBER")
    return {"as": person, "user": person.id}


def fresh_invitation(world, kind, _ids):
    place = world.place_of(kind)
    return new_invitation(place.author, place.workspace)


def invited_person(world, _kind, _ids):
    """Somebody whose address was invited before they had an account."""
    email = new_email("invited")
    token = new_invitation(world.callers["owner"], world.place.workspace, email)["token"]
    return {"token": token, "as": world.person(email=email)}


def token_sent(_world, _kind, ids):
    return {"json": {"token": ids["token"]}}


def deserted(world, _kind, _ids):
    """A workspace whose only owner is switched off."""
    person = world.person()
    workspace = person.workspace()["id"]
    world.admin.ok("PUT", f"/users/{person.id}", 200, json={"is_active": False})
    return {"deserted": workspace}


CALLS |= {
    "POST /admin/workspaces/{deserted}/take-over": Call(ids=lambda w, *_: {"deserted": w.place.workspace}, fresh=deserted),
    "POST /workspaces": Call(send=sends(name="Another")),
    "PUT /workspaces/{workspace}": Call(send=sends(name="Team")),
    "DELETE /workspaces/{workspace}": Call(fresh=own_workspace),
    "PUT /workspaces/{workspace}/users/{user}": Call(send=sends(role="MEMBER")),
    "DELETE /workspaces/{workspace}/users/{user}": Call(after=add_target),
    "DELETE /workspaces/{workspace}/users/{user}#self": Call(ids=oneself, fresh=newcomer, only_own=True),
    "POST /workspaces/{workspace}/invite": Call(send=lambda *_: {"json": {"email": new_email(), "role": "MEMBER"}}),
    "POST /workspaces/{workspace}/invite#as-owner": Call(
        send=lambda *_: {"json": {"email": new_email(), "role": "OWNER"}}),
    "DELETE /workspaces/{workspace}/invitations/{invitation}": Call(fresh=fresh_invitation),
    "POST /invitations/lookup": Call(send=token_sent, names=("token",)),
    "POST /invitations/accept": Call(send=token_sent, names=("token",)),
    "POST /invitations/accept#invited": Call(fresh=invited_person, send=token_sent),
}


# --- chats and messages ---

def fresh_chat(world, kind, ids):
    return {"chat": world.place_of(kind).author.chat(ids["workspace"])["id"]}


def fresh_message(world, kind, ids):
    return new_message(world.place_of(kind).author, ids)


def open_chat(world, kind, _ids):
    return {"chat": world.place_of(kind).own["open"]}


def open_chat_with_target(world, kind, ids):
    world.place_of(kind).author.ok("PUT", f"{chat_path(ids)}/members/{world.target.id}", 200)


def joined(world, kind, ids):
    world.callers[kind].ok("POST", f"{chat_path(ids)}/join", 200)


def author_joins(world, kind, ids):
    world.place_of(kind).author.ok("POST", f"{chat_path(ids)}/join", 200)


def chat_of_others(world, kind, ids):
    return {"chat": world.unjoined if world.place_of(kind) is world.place else ids["open"]}


def does(prepare):
    """`prepare` as a step that changes no id."""
    def step(world, kind, ids):
        prepare(world, kind, ids)
        return {}
    return step


def message_sent(_world, _kind, ids):
    body = {"content": "Hello"}
    if "reply_to" in ids:
        body["reply_to"] = ids["reply_to"]
    if "attach" in ids:
        body["attachment_ids"] = [ids["attach"]]
    return {"json": body}


def forward_sent(_world, _kind, ids):
    return {"json": {"forward": ids.get("forward", ids["message"])}}


def later_sent(world, _kind, _ids):
    return {"json": {"content": "Good morning", "send_at": moment(world.server, 86400)}}


def withdrawn(world, kind, ids):
    world.callers[kind].ok("DELETE", f"/workspaces/{ids['workspace']}/scheduled/{ids['answer']['id']}", 204)


def fork_sent(_world, _kind, ids):
    return {"json": {"message_id": ids["message"]}}


def fresh_scheduled(world, kind, ids):
    return {"scheduled": new_scheduled(world.place_of(kind).author, ids)}


def to_sent(_world, _kind, ids):
    return {"json": {"workspace_id": ids["to"]}}


def person_sent(_world, _kind, ids):
    return {"json": {"user_ids": [ids["user"]]}}


def an_emoji(*_):
    return {"emoji": "\U0001f44d"}


CHAT = "/workspaces/{workspace}/chat/{chat}"
MESSAGE = CHAT + "/message/{message}"
CALLS |= {
    "POST /workspaces/{workspace}/chat": Call(send=sends(title="Chat")),
    f"PUT {CHAT}": Call(send=sends(title="Chat")),
    f"DELETE {CHAT}": Call(fresh=fresh_chat),
    f"POST {CHAT}/move": Call(fresh=fresh_chat, send=to_sent, names=("to",)),
    f"POST {CHAT}/move#into-shut": Call(ids=lambda w, *_: {"to": w.shut.workspace}, send=to_sent),
    f"POST {CHAT}/join": Call(ids=open_chat),
    f"POST {CHAT}/leave": Call(ids=open_chat, fresh=does(joined), after=author_joins),
    f"PUT {CHAT}/members/{{user}}": Call(ids=open_chat),
    f"DELETE {CHAT}/members/{{user}}": Call(ids=open_chat, fresh=does(open_chat_with_target)),
    f"GET {CHAT}/messages#unjoined": Call(ids=chat_of_others),
    f"GET {CHAT}/stream#unjoined": Call(ids=chat_of_others),
    f"GET {CHAT}/export#unjoined": Call(ids=chat_of_others),
    "GET /workspaces/{workspace}/retention/preview": Call(send=lambda *_: {"params": {"days": 30}}),
    f"POST {CHAT}/typing#unjoined": Call(ids=chat_of_others),
    f"POST {CHAT}/message": Call(send=message_sent, names=("reply_to", "attach"), statuses=(("reply_to", 422),)),
    f"POST {CHAT}/message#forward": Call(send=forward_sent, names=("forward",)),
    f"POST {CHAT}/message#later": Call(send=later_sent, after=withdrawn),
    f"POST {CHAT}/archive": Call(fresh=fresh_chat),
    f"POST {CHAT}/fork": Call(send=fork_sent, names=("message",)),
    "PUT /workspaces/{workspace}/scheduled/{scheduled}": Call(send=sends(content="Good evening")),
    "DELETE /workspaces/{workspace}/scheduled/{scheduled}": Call(fresh=fresh_scheduled),
    f"POST {CHAT}/message#unjoined": Call(ids=chat_of_others, send=message_sent),
    f"PUT {MESSAGE}": Call(send=sends(content="Changed")),
    f"DELETE {MESSAGE}": Call(fresh=fresh_message),
    f"PUT {MESSAGE}/reactions/{{emoji}}": Call(ids=an_emoji),
    f"DELETE {MESSAGE}/reactions/{{emoji}}": Call(ids=an_emoji),
    "POST /workspaces/{workspace}/direct": Call(send=person_sent, names=("user",)),
    f"PUT {CHAT}/state": Call(send=sends(starred=True)),
    f"POST {CHAT}/read": Call(send=sends(seq=1)),
    "GET /workspaces/{workspace}/presence": Call(send=lambda w, *_: {"params": {"user": w.clerk.id}}),
    "GET /workspaces/{workspace}/search": Call(send=lambda *_: {"params": {"q": "hello"}}),
    "GET /search": Call(send=lambda *_: {"params": {"q": "hello"}}),
}


# --- webhooks ---

def fresh_webhook(world, kind, ids):
    return new_webhook(world.place_of(kind).author, ids)


CALLS |= {
    "POST /workspaces/{workspace}/chat/{chat}/webhooks": Call(send=sends(name="Monitor")),
    "DELETE /workspaces/{workspace}/chat/{chat}/webhooks/{webhook}": Call(fresh=fresh_webhook),
    "POST /hooks/{secret}": Call(send=sends(text="Disk full")),
}


# --- files ---

def fresh_upload(world, kind, ids):
    return {"upload": new_upload(world.place_of(kind).author, ids["workspace"])["upload_id"]}


def full_upload(world, kind, ids):
    return {"upload": world.uploaded(world.place_of(kind).author, ids["workspace"])}


def without_signature(*_):
    return {"folder": "workspace_x", "name": "20260101_00.txt"}


def address_parts(url):
    parts = urlsplit(url)
    folder, name = parts.path.rsplit("/", 2)[1:]
    # The signature is of the very bytes of the query.
    return {"folder": folder, "name": f"{name}?{parts.query}"}


def signed_for_get(world, _kind, _ids):
    place = world.place
    return address_parts(place.author.ok("GET", f"/attachments/{place.own['attachment']}/url", 200)["url"])


def signed_for_put(world, _kind, _ids):
    upload = new_upload(world.place.author, world.place.workspace)
    return address_parts(upload["url"])


def bytes_sent(*_):
    return {"content": b"hello"}


CALLS |= {
    "GET /attachments/{attachment}#unsent": Call(
        ids=lambda w, k, ids: {"attachment": w.unsent} if w.place_of(k) is w.place else {}),
    "POST /workspaces/{workspace}/uploads": Call(send=sends(filename="notes.txt", size=5)),
    "DELETE /workspaces/{workspace}/uploads/{upload}": Call(fresh=fresh_upload),
    "POST /workspaces/{workspace}/uploads/{upload}/complete": Call(fresh=full_upload, send=lambda *_: {"json": {}}),
    "GET /objects/{folder}/{name}": Call(
        ids=without_signature, fresh=signed_for_get, folder_only=True),
    "GET /objects/{folder}/{name}#unsigned": Call(ids=without_signature, folder_only=True),
    "PUT /objects/{folder}/{name}": Call(
        ids=without_signature, fresh=signed_for_put, send=bytes_sent, folder_only=True),
    "PUT /objects/{folder}/{name}#unsigned": Call(ids=without_signature, send=bytes_sent, folder_only=True),
}


# --- API keys ---

def fresh_key(world, _kind, _ids):
    return {"api_key_id": world.new_key()}


KEYS = "/api/v1/api-keys"
CALLS |= {
    f"POST {KEYS}": Call(send=sends(name="Key")),
    f"PATCH {KEYS}/{{api_key_id}}": Call(send=sends(description="For the reports")),
    f"DELETE {KEYS}/{{api_key_id}}": Call(fresh=fresh_key),
    f"POST {KEYS}/{{api_key_id}}/deactivate": Call(fresh=fresh_key),
    f"POST {KEYS}/{{api_key_id}}/rotate": Call(fresh=fresh_key),
}
