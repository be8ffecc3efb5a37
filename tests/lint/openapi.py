"""The OpenAPI document: no error and no warning of redocly and spectral, and a sentence for everything that has a name."""
import json
import subprocess
import sys

from common import ROOT, fault

sys.path.insert(0, str(ROOT / "tests"))
from harness import openapi_tools as tools  # noqa: E402
from harness.paths import BUILD  # noqa: E402

RULES = {name: tools.SOURCE / f"{name}.yaml" for name in ("redocly", "spectral")}


def _nameless(document):
    """What has no sentence of its own. A $ref has its target's."""
    for name, schema in document["components"]["schemas"].items():
        if "description" not in schema and "enum" not in schema:
            yield f"the schema {name}"
        for field, rest in schema.get("properties", {}).items():
            if "description" not in rest and "$ref" not in rest:
                yield f"{field} of the schema {name}"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if not operation.get("operationId"):
                yield f"{method.upper()} {path} (an id)"


def _redocly(path):
    done = tools.node_tool("redocly", "lint", "--config", RULES["redocly"], "--format=json", path, check=False)
    try:
        problems = json.loads(done.stdout)["problems"]
    except ValueError:
        raise RuntimeError(f"redocly: {done.stdout[-500:]}{done.stderr[-1500:]}") from None
    for problem in problems:
        where = ", ".join(place.get("pointer", "") for place in problem.get("location", []))
        yield f"redocly {problem['ruleId']}: {where}: {problem['message']}"


def _spectral(path):
    done = tools.node_tool("spectral", "lint", "--ruleset", RULES["spectral"], "--format=json", "--quiet", path, check=False)
    try:
        problems = json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"spectral: {done.stdout[-500:]}{done.stderr[-1500:]}") from None
    for problem in problems:
        yield f"spectral {problem['code']}: {'/'.join(map(str, problem['path']))}: {problem['message']}"


def faults(binary):
    document = tools.document_of(binary)
    passed = tools.Passed("lint", document, tools.versions().encode(), *RULES.values())
    if passed.before():
        return []
    path = BUILD / "openapi.json"
    path.write_bytes(document)
    try:
        found = [f"{text}: nothing is said of it" for text in _nameless(json.loads(document))]
        found += [*_redocly(path), *_spectral(path)]
    except subprocess.SubprocessError as e:
        raise RuntimeError(str(e)) from None
    if not found:
        passed.remember()
    return [fault("openapi.json", 0, text) for text in found]
