"""How the rows of the access matrix about assistants are called; CALLS: those of all rows (access_calls.py)."""
import uuid

from .access_calls import CALLS, MESSAGE, Call, does, nothing, sends, somebody_else
from .access_world import new_answer, new_prompt, new_provider, new_server_provider


def a_provider(*_):
    return {"json": {"name": f"p-{uuid.uuid4().hex[:12]}", "kind": "openai"}}


def a_model(*_):
    return {"json": {"model": f"m-{uuid.uuid4().hex[:12]}"}}


def a_prompt(*_):
    return {"json": {"name": f"p-{uuid.uuid4().hex[:12]}", "title": "Sum up", "content": "Sum up:"}}


def of_server(world, _kind, _ids):
    return dict(world.server_provider)


def fresh_of_server(world, _kind, _ids):
    return new_server_provider(world.admin)


def fresh_of_workspace(world, kind, ids):
    return new_provider(world.place_of(kind).owner, f"/workspaces/{ids['workspace']}/providers")


def fresh_prompt(world, kind, ids):
    return new_prompt(world.place_of(kind).author, ids["workspace"])


def budgeted(world, kind, _ids):
    return {"budgeted": world.place_of(kind).workspace}


def answer_of(world, kind, _ids):
    return world.place_of(kind).answer


def fresh_answer(world, kind, ids):
    return new_answer(world.place_of(kind).author, ids["workspace"])


BUDGET = {"limit_micros": 1000, "period": "day"}


def budget_set(path):
    return does(lambda world, _kind, ids: world.admin.ok("PUT", path.format(**ids), 200, json=BUDGET))


def rows_of_providers(at, ids, fresh):
    model = f"{at}/{{provider}}/models/{{model}}"
    return {
        f"POST {at}": Call(send=a_provider),
        f"GET {at}/{{provider}}": Call(ids=ids),
        f"PUT {at}/{{provider}}": Call(ids=ids, send=sends(max_parallel=4)),
        f"DELETE {at}/{{provider}}": Call(ids=ids, fresh=fresh),
        f"POST {at}/{{provider}}/test": Call(ids=ids),
        f"GET {at}/{{provider}}/models": Call(ids=ids),
        f"POST {at}/{{provider}}/models": Call(ids=ids, send=a_model),
        f"GET {model}": Call(ids=ids),
        f"PUT {model}": Call(ids=ids, send=sends(name="One")),
        f"DELETE {model}": Call(ids=ids, fresh=fresh),
    }


def rows_of_budgets(path, ids):
    return {
        f"GET {path}": Call(ids=ids, fresh=budget_set(path)),
        f"PUT {path}": Call(ids=ids, send=sends(**BUDGET)),
        f"DELETE {path}": Call(ids=ids, fresh=budget_set(path)),
    }


CALLS |= rows_of_providers("/providers", of_server, fresh_of_server)
CALLS |= rows_of_providers("/workspaces/{workspace}/providers", nothing, fresh_of_workspace)
CALLS |= rows_of_budgets("/budgets/user/{user}", somebody_else)
CALLS |= rows_of_budgets("/budgets/workspace/{budgeted}", budgeted)
CALLS |= rows_of_budgets("/budgets/key/{api_key_id}", nothing)
CALLS |= {
    f"POST {MESSAGE}/stop": Call(ids=answer_of),
    f"POST {MESSAGE}/regenerate": Call(ids=answer_of, fresh=fresh_answer, send=sends()),
    f"GET {MESSAGE}/alternatives": Call(ids=answer_of),
    f"PUT {MESSAGE}/alternative": Call(ids=answer_of, fresh=fresh_answer, send=sends(index=1)),
    "PUT /workspaces/{workspace}/models": Call(send=sends(limited=False)),
    "POST /workspaces/{workspace}/prompts": Call(send=a_prompt),
    "PUT /workspaces/{workspace}/prompts/{prompt}": Call(send=sends(title="In short")),
    "DELETE /workspaces/{workspace}/prompts/{prompt}": Call(fresh=fresh_prompt),
}
