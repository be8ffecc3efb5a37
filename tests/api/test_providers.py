"""Providers of models: those of the server, of a workspace, and of the environment."""
import socket
import uuid

import pytest
from support.model_list import ModelList
from support.races import at_once, statuses
from support.talk import faults, is_code
from support.waiting import until

KEY = "sk-test-0123456789abcdefWXYZ"


@pytest.fixture
def engine():
    engine = ModelList({"id": "tiny", "max_model_len": 512}, {"id": "large"})
    yield engine
    engine.close()


@pytest.fixture
def owner(team):
    return team["owner"]


def name():
    return "p-" + uuid.uuid4().hex[:10]


def made(person, at="/providers", status=201, **fields):
    body = {"name": name(), "kind": "openai", **fields}
    answer = person.post(at, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def local(admin, engine, **fields):
    return made(admin, base_url=engine.base, inner=True, **fields)


def checked(person, provider, at="/providers"):
    return person.ok("POST", f"{at}/{provider['id']}/test", 200)


# --- rows ---

def test_provider__is_made_with_what_its_kind_has_by_itself(admin):
    answer = admin.post("/providers", json={"name": name(), "kind": "openai", "key": KEY})
    assert answer.status_code == 201 and answer.headers["location"] == f"/providers/{answer.json()['id']}"
    provider = answer.json()
    assert provider["base_url"] == "https://api.openai.com/v1" and provider["has_key"] and provider["key_last4"] == "WXYZ"
    assert (provider["connect_s"], provider["first_token_s"], provider["idle_s"], provider["total_s"]) == (5, 60, 60, 600)
    assert provider["max_parallel"] == 32 and provider["enabled"] and not provider["read_only"]
    assert admin.ok("GET", f"/providers/{provider['id']}") == provider
    assert provider in admin.ok("GET", "/providers")
    assert KEY not in admin.get("/providers").text


@pytest.mark.one_column("the kind is looked at before a row is written")
def test_provider__of_each_kind_has_an_address_or_needs_one(admin):
    for kind, address in (("gemini", "https://generativelanguage.googleapis.com/v1beta"),
                          ("anthropic", "https://api.anthropic.com/v1")):
        assert made(admin, kind=kind)["base_url"] == address
    assert faults(admin.post("/providers", json={"name": name(), "kind": "vllm"})) == [("body", "base_url")]


@pytest.mark.mysql
def test_provider__is_changed_and_deleted(admin):
    provider = made(admin, key=KEY)
    path = f"/providers/{provider['id']}"
    changed = admin.ok("PUT", path, json={"name": provider["name"] + "x", "max_parallel": 3, "first_token_s": 900})
    assert changed["name"] == provider["name"] + "x" and changed["max_parallel"] == 3 and changed["first_token_s"] == 900
    assert changed["has_key"] and changed["key_last4"] == "WXYZ" and changed["kind"] == "openai"
    assert admin.ok("PUT", path, json={"key": None})["has_key"] is False
    assert admin.ok("PUT", path, json={"key": "short"})["key_last4"] is None
    assert admin.delete(path).status_code == 204
    assert is_code(admin.get(path), 404, "provider_not_found")
    assert is_code(admin.delete(path), 404, "provider_not_found")


@pytest.mark.mysql
def test_provider__has_a_name_of_its_own(admin, owner, team):
    provider = made(admin)
    assert is_code(admin.post("/providers", json={"name": provider["name"], "kind": "openai"}), 409, "name_taken")
    other = made(admin)
    assert is_code(admin.put(f"/providers/{other['id']}", json={"name": provider["name"]}), 409, "name_taken")
    # Another owner's is another.
    assert made(owner, at=f"{team['path']}/providers", name=provider["name"])["name"] == provider["name"]


@pytest.mark.mysql
def test_provider__of_one_name_made_at_once_is_made_once(admin):
    body = {"name": name(), "kind": "openai"}
    answers = at_once(8, lambda _: admin.post("/providers", json=body))
    assert statuses(answers) == {201: 1, 409: 7}


def test_provider__is_changed_by_whoever_saw_it_last(admin):
    provider = made(admin)
    path = f"/providers/{provider['id']}"
    tag = admin.get(path).headers["etag"]
    assert admin.get(path, headers={"If-None-Match": tag}).status_code == 304
    admin.ok("PUT", path, json={"max_parallel": 5}, headers={"If-Match": tag})
    assert is_code(admin.put(path, json={"max_parallel": 6}, headers={"If-Match": tag}), 412, "precondition_failed")
    assert is_code(admin.delete(path, headers={"If-Match": tag}), 412, "precondition_failed")


def test_provider__whose_address_names_another_host_needs_its_key_again(admin):
    """Or whoever may change the address has the key sent to themselves."""
    provider = made(admin, key=KEY, base_url="https://one.example.org/v1")
    path = f"/providers/{provider['id']}"
    for address in ("https://two.example.org/v1", "https://one.example.org.evil.example/v1"):
        assert faults(admin.put(path, json={"base_url": address})) == [("body", "key")]
    assert admin.ok("PUT", path, json={"base_url": "https://one.example.org/v2"})["has_key"]
    assert admin.ok("PUT", path, json={"base_url": "https://two.example.org/v1", "key": KEY})["has_key"]
    assert admin.ok("PUT", path, json={"base_url": None, "key": None})["base_url"] == "https://api.openai.com/v1"


@pytest.mark.one_column("an address is looked at before a row is written")
def test_provider__has_an_address_that_can_be_gone_to(admin):
    for address in ("ftp://example.org", "example.org/v1", "https://", "https://user:pw@example.org", "https://h/v1?key=x",
                    "https://h/#x", "https://h:0/", "https://h:99999/", "http://example.org/v1", "https://example.org:8443",
                    "https://e x.org", "https://" + "h" * 1000):
        assert faults(admin.post("/providers", json={"name": name(), "kind": "openai", "base_url": address})) == [("body", "base_url")], \
            address
    assert made(admin, base_url="https://example.org/v1/")["base_url"] == "https://example.org/v1"
    assert made(admin, base_url="http://10.0.0.7:8000/v1", inner=True)["inner"]


def test_provider__is_written_into_the_audit_log_without_what_it_holds(admin):
    provider = made(admin, key=KEY, base_url="https://one.example.org/v1")
    admin.ok("PUT", f"/providers/{provider['id']}", json={"key": KEY + "2", "base_url": "https://one.example.org/v2"})
    admin.delete(f"/providers/{provider['id']}")
    rows = admin.ok("GET", "/audit", params={"target": provider["id"]})
    assert [(row["action"], row["details"]) for row in rows] == [
        ("provider.deleted", {}), ("provider.changed", {"fields": "base_url,key"}), ("provider.created", {})]


def test_provider__keeps_its_key_sealed_and_out_of_the_log(server, admin, engine):
    engine.key = KEY
    provider = local(admin, engine, key=KEY)
    assert checked(admin, provider)["outcome"] == "ok"
    engine.key = "another"
    assert checked(admin, provider)["outcome"] == "key_refused"
    assert KEY not in server.log() and engine.origin.split("//")[1] not in server.log()


# --- of a workspace ---

def test_workspace__has_providers_of_its_own(admin, owner, team):
    at = f"{team['path']}/providers"
    provider = made(owner, at=at, key=KEY)
    assert owner.ok("GET", at) == [provider]
    assert provider["id"] not in {p["id"] for p in admin.ok("GET", "/providers")}
    assert is_code(admin.get(f"/providers/{provider['id']}"), 404, "provider_not_found")
    server_own = made(admin)
    assert is_code(owner.get(f"{at}/{server_own['id']}"), 404, "provider_not_found")
    assert owner.delete(f"{at}/{provider['id']}").status_code == 204


@pytest.mark.one_column("an address is looked at before a row is written")
def test_workspace__may_not_send_anybody_inside(owner, team):
    at = f"{team['path']}/providers"
    body = {"name": name(), "kind": "openai", "base_url": "http://10.0.0.7/v1"}
    assert is_code(owner.post(at, json={**body, "inner": True}), 403, "forbidden")
    assert faults(owner.post(at, json=body)) == [("body", "base_url")]
    # A name may lead anywhere: that is looked at when it is gone to.
    provider = made(owner, at=at, base_url="https://127.0.0.1/v1")
    assert checked(owner, provider, at)["outcome"] == "address_refused"
    provider = made(owner, at=at, base_url="https://169.254.169.254/latest")
    assert checked(owner, provider, at)["outcome"] == "address_refused"


@pytest.mark.one_column("a setting")
def test_workspace__has_none_where_the_server_says_so(shared_server):
    server = shared_server(WORKSPACE_PROVIDERS="off")
    owner = server.person(server.admin)
    at = f"/workspaces/{owner.workspace()['id']}/providers"
    assert is_code(owner.get(at), 403, "workspace_providers_off")
    assert is_code(owner.post(at, json={"name": "x", "kind": "openai"}), 403, "workspace_providers_off")


def test_workspace__is_deleted_with_its_providers(deep):
    owner, _, _ = deep.people(2)
    workspace = owner.workspace()["id"]
    at = f"/workspaces/{workspace}/providers"
    provider = made(owner, at=at, key=KEY)
    owner.ok("POST", f"{at}/{provider['id']}/models", 201, json={"model": "one"})
    assert deep.count("providers", "workspace_id > 0") == 1 and deep.count("models") == 1
    assert owner.delete(f"/workspaces/{workspace}").status_code == 204
    until(lambda: deep.wake() or deep.count("providers", "workspace_id > 0") == 0)
    assert deep.count("models") == 0


# --- whether it answers ---

@pytest.mark.mysql
def test_test__takes_over_the_models(admin, engine):
    provider = local(admin, engine)
    found = checked(admin, provider)
    assert found["outcome"] == "ok" and found["status"] == 200 and found["duration_ms"] < 5000
    assert {(m["model"], m["context_tokens"], m["manual"]) for m in found["models"]} == {
        ("tiny", 512, False), ("large", None, False)}
    assert admin.ok("GET", f"/providers/{provider['id']}/models") == found["models"]
    tiny = next(m for m in found["models"] if m["model"] == "tiny")
    admin.ok("PUT", f"/providers/{provider['id']}/models/{tiny['id']}", json={"name": "Tiny", "context_tokens": 256})
    engine.serve({"id": "tiny", "max_model_len": 1024}, {"id": "large", "max_model_len": 4096})
    again = {m["model"]: m for m in checked(admin, provider)["models"]}
    assert again["tiny"]["id"] == tiny["id"] and again["tiny"]["name"] == "Tiny" and again["tiny"]["context_tokens"] == 256
    assert again["large"]["context_tokens"] == 4096 and again["large"]["seen_at"] > tiny["seen_at"]


def test_test__sends_no_header_where_there_is_no_key(admin, engine):
    checked(admin, local(admin, engine))
    checked(admin, local(admin, engine, key=KEY))
    (_, first), (_, second) = engine.asked
    assert "Authorization" not in first and second["Authorization"] == f"Bearer {KEY}"


def test_test__puts_v1_where_it_was_missing(admin, engine):
    provider = made(admin, base_url=engine.origin, inner=True)
    found = checked(admin, provider)
    assert found["outcome"] == "v1_missing" and "It was added" in found["advice"] and len(found["models"]) == 2
    assert [path for path, _ in engine.asked] == ["/models", "/v1/models"]
    assert admin.ok("GET", f"/providers/{provider['id']}")["base_url"] == engine.base
    assert checked(admin, provider)["outcome"] == "ok"


@pytest.mark.one_column("what a provider says is read before a row is written")
def test_test__says_what_is_wrong(admin, engine):
    provider = local(admin, engine)

    def outcome(status=200, body=b"", key=None):
        engine.answers = {"/v1/models": (status, body)}
        engine.key = key
        found = checked(admin, provider)
        assert found["models"] == [] and "127.0.0.1" not in found["advice"]
        return found["outcome"], found["status"], found["advice"].split(".")[0]

    assert outcome(key="x") == ("key_refused", 401, "The service wants a key, and none is set")
    assert outcome(429) == ("rate_limited", 429, "The service answers that it was asked too often")
    assert outcome(500, b"boom") == ("failed", 500, "The service answered with status 500")
    assert outcome(302)[:2] == ("failed", 302)
    for nonsense in (b"", b"<html>", b"[]", b"{}", b'{"data": {}}', b'{"data": "x"}', b"\xff\xfe", b"[" * 5000):
        assert outcome(body=nonsense)[0] == "bad_answer"
    engine.answers = {}
    assert checked(admin, provider)["outcome"] == "nothing_there"


@pytest.mark.one_column("what a provider says is read before a row is written")
def test_test__passes_over_models_that_cannot_be_asked_for(admin, engine):
    engine.serve({"id": ""}, {}, 7, None, {"id": 7}, {"id": "x" * 256}, {"id": "a\nb"}, {"id": "good", "max_model_len": -1},
                 {"id": "good"})
    found = checked(admin, local(admin, engine))
    assert [(m["model"], m["context_tokens"]) for m in found["models"]] == [("good", None)]


@pytest.mark.one_column("what a provider says is read before a row is written")
def test_test__reads_geminis_and_anthropics_lists(admin, engine):
    engine.answers = {"/v1/models": (200, {"models": [{"name": "models/gem-1", "displayName": "Gem 1", "inputTokenLimit": 1000,
                                                       "outputTokenLimit": 50}]})}
    (gem,) = checked(admin, local(admin, engine, kind="gemini", key=KEY))["models"]
    assert (gem["model"], gem["name"], gem["context_tokens"], gem["max_output_tokens"]) == ("gem-1", "Gem 1", 1000, 50)
    assert engine.asked[-1][1]["x-goog-api-key"] == KEY and KEY not in engine.asked[-1][0]
    engine.answers = {"/v1/models": (200, {"data": [{"id": "cl-1", "display_name": "Cl 1"}]})}
    (model,) = checked(admin, local(admin, engine, kind="anthropic", key=KEY))["models"]
    assert (model["model"], model["name"]) == ("cl-1", "Cl 1")
    assert engine.asked[-1][1]["x-api-key"] == KEY and engine.asked[-1][1]["anthropic-version"] == "2023-06-01"


@pytest.mark.one_column("nobody is there")
def test_test__of_nobody_says_so(admin):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        provider = made(admin, base_url=f"http://127.0.0.1:{held.getsockname()[1]}", inner=True)
        found = checked(admin, provider)
        assert found["outcome"] == "unreachable" and found["status"] is None and "refused" in found["advice"]
        held.listen()
        found = checked(admin, provider)
        assert found["outcome"] == "unreachable" and "in time" in found["advice"] and found["duration_ms"] < 5000


@pytest.mark.one_column("an address")
def test_test__of_an_inner_provider_goes_nowhere_where_clouds_keep_secrets(admin):
    for host in ("169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"):
        provider = made(admin, base_url=f"http://{host}/v1", inner=True)
        assert checked(admin, provider)["outcome"] == "address_refused", host


# --- of the environment ---

def test_environment__makes_providers_that_are_only_read(make_server, engine):
    server = make_server(VLLM_ENDPOINT=engine.base + "/", VLLM_MODEL="tiny", OPENAI_API_KEY=KEY)
    admin = server.setup()
    openai, vllm = admin.ok("GET", "/providers")
    assert (openai["name"], openai["base_url"], openai["key_last4"]) == ("openai", "https://api.openai.com/v1", "WXYZ")
    assert (vllm["name"], vllm["kind"], vllm["base_url"], vllm["has_key"]) == ("vllm", "vllm", engine.base, False)
    assert openai["read_only"] and vllm["read_only"]
    path = f"/providers/{vllm['id']}"
    assert is_code(admin.put(path, json={"enabled": False}), 409, "provider_read_only")
    assert is_code(admin.delete(path), 409, "provider_read_only")
    (model,) = admin.ok("GET", f"{path}/models")
    assert model["model"] == "tiny" and model["manual"]
    assert len(checked(admin, vllm)["models"]) == 2
    assert {m["provider"] for m in admin.ok("GET", "/models")} == {"vllm"}
    assert KEY not in server.log()
    # Its rows stay for when it comes back; nobody sees them meanwhile.
    assert [p["name"] for p in admin.ok("GET", "/providers")] == ["openai", "vllm"]
