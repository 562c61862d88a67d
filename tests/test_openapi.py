"""The descriptions are what they claim to be: OpenAPI that holds together, and true of every reply the mock gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.values.http import Reply, Request

FICTIONAL = Path(__file__).parent / "dialects" / "lanternhouse"
FOLDERS = {**bundled(), FICTIONAL.name: FICTIONAL}
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
URI = "urn:description"


class Description:
    """An `openapi.yaml` as the standard reads it, without any code of ours."""

    def __init__(self, folder: Path) -> None:
        self.root: dict[str, Any] = yaml.safe_load((folder / "openapi.yaml").read_text(encoding="utf-8"))
        self._registry: Registry[Any] = Registry().with_resource(URI, Resource(self.root, DRAFT202012))

    def resolve(self, at: str) -> tuple[str, Any]:
        """Give where a JSON pointer leads in the end, and the value there."""
        value: Any = self.root
        for raw in at.split("/")[1:]:
            step = raw.replace("~1", "/").replace("~0", "~")
            value = value[int(step)] if isinstance(value, list) else value[step]
        if isinstance(value, dict) and "$ref" in value:
            return self.resolve(value["$ref"].removeprefix("#"))
        return at, value

    def errors(self, at: str, instance: Any) -> list[str]:
        """Hold a value against the schema at a JSON pointer."""
        validator = Draft202012Validator(
            {"$ref": f"{URI}#{at}"}, registry=self._registry, format_checker=FormatChecker()
        )
        return [f"{e.json_path}: {e.validator} {e.validator_value!r}"[:160] for e in validator.iter_errors(instance)]

    def operations(self) -> Iterator[tuple[str, str, str]]:
        """Give every operation: its JSON pointer, its path and its method."""
        for path, item in self.root["paths"].items():
            for method in METHODS:
                if method in item:
                    yield f"/paths/{escaped(path)}/{method}", path, method

    def walk(self, node: Any, at: str = "", named: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give every object that is not a map from names to something, with its JSON pointer."""
        if isinstance(node, dict):
            if not named:
                yield at, node
            for key, value in node.items():
                names = not named and key in (
                    "properties",
                    "schemas",
                    "examples",
                    "parameters",
                    "responses",
                    "headers",
                    "links",
                )
                yield from self.walk(value, f"{at}/{escaped(key)}", names)
        elif isinstance(node, list):
            for index, value in enumerate(node):
                yield from self.walk(value, f"{at}/{index}")

    def examples(self) -> Iterator[tuple[str, str, Any]]:
        """Give every example and default: where it stands, where its schema is, its value."""
        for at, node in self.walk(self.root):
            if isinstance(node.get("examples"), list):
                yield from ((f"{at}/examples/{i}", at, value) for i, value in enumerate(node["examples"]))
            if "default" in node:
                yield f"{at}/default", at, node["default"]
            if "schema" in node and "example" in node:
                yield f"{at}/example", f"{at}/schema", node["example"]
            if "schema" in node and isinstance(node.get("examples"), dict):
                for name in node["examples"]:
                    _, example = self.resolve(f"{at}/examples/{escaped(name)}")
                    yield f"{at}/examples/{name}", f"{at}/schema", example["value"]


def escaped(step: str) -> str:
    """Write a key as a step of a JSON pointer."""
    return step.replace("~", "~0").replace("/", "~1")


@pytest.fixture(params=FOLDERS, scope="module")
def name(request: pytest.FixtureRequest) -> str:
    """The name of each dialect in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def description(name: str) -> Description:
    """The description of the dialect."""
    return Description(FOLDERS[name])


# -- the description by itself


def test_valid(description: Description) -> None:
    """The description is valid OpenAPI 3.1."""
    assert [] == [e.message for e in OpenAPIV31SpecValidator(description.root).iter_errors()]


def test_examples(description: Description) -> None:
    """Every example and every default validates against the schema it illustrates."""
    found = list(description.examples())
    wrong = [(where, errors) for where, schema, value in found if (errors := description.errors(schema, value))]

    assert len(found) > 5
    assert [] == wrong


def test_token_replies_link_to_the_renewal(description: Description, name: str) -> None:
    """Each success reply that carries a refresh token links to an operation that renews."""
    api = load_dialect(FOLDERS[name]).api
    giving = {(op.path, op.method.lower()) for op in api.operations.values() if "refresh_token" in op.gives}
    renewing = {(op.path, op.method.lower()) for op in api.with_purpose("renew")}
    names = {operation_id(description, at) for at, *place in description.operations() if tuple(place) in renewing}
    linked = {tuple(place) for _, (_, *place), link in links(description) if link["operationId"] in names}

    assert giving
    assert set() == giving - linked


def test_links(description: Description) -> None:
    """Each link names an operation, parameters that it has, and values that request and reply carry."""
    found = list(links(description))

    assert found
    assert [] == [
        (where, problem) for where, op, link in found for problem in link_problems(description, where, op, link)
    ]


def operation_id(description: Description, at: str) -> str:
    """Give the operationId of the operation at a JSON pointer."""
    return str(description.resolve(at)[1]["operationId"])


def links(description: Description) -> Iterator[tuple[str, tuple[str, str, str], dict[str, Any]]]:
    """Give every link: the reply it hangs on, the operation of that reply, and the link."""
    for operation in description.operations():
        for status in description.resolve(operation[0])[1]["responses"]:
            where, reply = description.resolve(f"{operation[0]}/responses/{status}")
            for link in reply.get("links", {}):
                yield where, operation, description.resolve(f"{where}/links/{link}")[1]


def link_problems(
    description: Description, reply_at: str, source: tuple[str, str, str], link: dict[str, Any]
) -> Iterator[str]:
    """Say what is wrong with a link."""
    targets = [op for op in description.operations() if operation_id(description, op[0]) == link["operationId"]]
    if len(targets) != 1:
        yield f"{len(targets)} operations are called {link['operationId']}"
        return
    known, sent = (parameters(description, op) for op in (targets[0], source))
    expressions = dict(link.get("parameters", {}))
    yield from (f"the target has no parameter {name}" for name in expressions if name not in known)
    body = link.get("requestBody", {})
    for name, text in {**expressions, **(body if isinstance(body, dict) else {})}.items():
        if text.startswith("$request.") and text.removeprefix("$request.") not in sent:
            yield f"{name}: the request carries no {text}"
        elif text.startswith("$response.body#/"):
            schema = description.resolve(f"{reply_at}/content/application~1json/schema")[1]
            if text.removeprefix("$response.body#/") not in schema["properties"]:
                yield f"{name}: the reply carries no {text}"


def parameters(description: Description, operation: tuple[str, str, str]) -> set[str]:
    """Give the parameters of an operation, as `place.name`."""
    at, path, _ = operation
    found = set()
    for holder in (at, f"/paths/{escaped(path)}"):
        for index in range(len(description.resolve(holder)[1].get("parameters", ()))):
            parameter = description.resolve(f"{holder}/parameters/{index}")[1]
            found.add(f"{parameter['in']}.{parameter['name']}")
    return found


# -- the description and the mock


@dataclass(frozen=True)
class Run:
    """What all clauses of a dialect made its mock say."""

    description: Description
    exchanges: list[tuple[Request, Reply]]
    troubles: dict[str, str]


RUNS = [*((name, "documented") for name in bundled()), *((FICTIONAL.name, p) for p in load_dialect(FICTIONAL).profiles)]


@pytest.fixture(scope="module", params=RUNS, ids="/".join)
def run(request: pytest.FixtureRequest, in_process: Callable[..., Any], trouble: Callable[..., dict[str, str]]) -> Run:
    """Every clause of a dialect, checked at a mock in this process."""
    folder, profile = FOLDERS[request.param[0]], request.param[1]
    joined = in_process(str(folder), profile)
    troubles = trouble(joined.check_all())
    return Run(Description(folder), [(asked, outcome.reply) for asked, outcome in joined.answered], troubles)


def described(description: Description, request: Request) -> list[str]:
    """Give the JSON pointers of the operations that a request is for: by method, else all of its path."""
    found: dict[str, list[str]] = {"same": [], "other": []}
    for at, path, method in description.operations():
        item = description.root["paths"][path]
        servers = item[method].get("servers") or item.get("servers") or description.root["servers"]
        base = re.sub(r"^https?://[^/]+", "", servers[0]["url"]).rstrip("/")
        pattern = re.escape(base) + re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(path))
        if item[method].get("x-base") == "issuer":
            # The path of the issuer stands behind it.
            pattern = re.escape(path) + "(/.*)?"
        if re.fullmatch(pattern, request.path):
            found["same" if method.upper() == request.method else "other"].append(at)
    return found["same"] or found["other"]


def reply_problems(description: Description, at: str, reply: Reply) -> list[str]:
    """Say how a reply differs from what an operation's description says of its status."""
    responses = description.resolve(f"{at}/responses")[1]
    status = next((s for s in (str(reply.status), f"{reply.status // 100}XX", "default") if s in responses), None)
    if status is None:
        return [f"{at}: the status {reply.status} is not declared"]
    where, shape = description.resolve(f"{at}/responses/{status}")
    media = ({k.lower(): v for k, v in reply.headers}.get("content-type") or "").partition(";")[0].strip()
    if not reply.body:
        return [f"{at}: {status} has a body there and none here"] if shape.get("content") and reply.status < 300 else []
    if media not in shape.get("content", {}):
        return [f"{at}: {status} does not declare {media or 'a body'}"]
    value = reply.json if media.endswith("json") else reply.body.decode()
    errors = description.errors(f"{where}/content/{escaped(media)}/schema", value)
    return [f"{at}: {status}: {error}" for error in errors]


def test_replies_are_described(run: Run) -> None:
    """Every reply of the mock, refusals included, has a declared status and media type and validates."""
    problems = {
        problem
        for request, reply in run.exchanges
        if (places := described(run.description, request))
        for problem in min((reply_problems(run.description, at, reply) for at in places), key=len)
    }

    assert [] == sorted(problems)


def test_every_operation_is_exercised(run: Run) -> None:
    """The clauses make every operation answer with a success and with a refusal."""
    seen = {
        (at, reply.status < 300)
        for request, reply in run.exchanges
        for at in described(run.description, request)
        if at.endswith("/" + request.method.lower())
    }

    assert [] == [(at, ok) for at, _, _ in run.description.operations() for ok in (True, False) if (at, ok) not in seen]


def test_no_clause_is_broken(run: Run) -> None:
    """The mock breaks no clause that can fail, and none is left blocked or in error."""
    assert {} == run.troubles


def test_mock_serves_the_file(name: str) -> None:
    """The description that the mock serves is the file, byte for byte."""
    with start(Service(load_dialect(FOLDERS[name]))) as mock:
        served = requests.get(f"{mock.control_url}openapi.yaml", timeout=10)

    assert "application/yaml" == served.headers["Content-Type"]
    assert (FOLDERS[name] / "openapi.yaml").read_bytes() == served.content
