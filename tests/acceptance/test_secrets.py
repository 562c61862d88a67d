"""Secrets: whatever a run writes, and whatever goes wrong in it, no byte holds a credential or a token."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import requests
import yaml

from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.redaction import is_secret
from watchword.specs.values.http import Reply
from watchword.specs.values.profile import WorldData

AWKWARD = "+/=:&%\"ü \\'<7x"


def canaries(world: WorldData) -> WorldData:
    """The same world with passwords and client secrets on which careless maskers break."""
    accounts = tuple(replace(a, password=f"Can{n}ary{AWKWARD}{n}Quill") for n, a in enumerate(world.accounts))
    clients = tuple(replace(c, client_secret=f"Cli{n}ent{AWKWARD}{n}Ferry") for n, c in enumerate(world.clients))
    return replace(world, accounts=accounts, clients=clients)


def spellings(secret: str) -> Iterator[str]:
    """Every way in which a secret could be written."""
    raw = secret.encode()
    yield secret
    for quoted in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield quoted
        yield "".join(c.lower() if quoted[max(0, i - 2) : i + 1].count("%") else c for i, c in enumerate(quoted))
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield json.dumps(json.dumps(secret)[1:-1])[1:-1]
    yield escape(secret)
    yield escape(json.dumps(secret)[1:-1])
    yield repr(secret)[1:-1]
    for coded in (raw, quote_plus(secret).encode(), json.dumps(secret)[1:-1].encode()):
        for shift in range(3):
            head = (shift * 8 + 5) // 6
            core = base64.b64encode(b"\0" * shift + coded).decode()[head : (shift + len(coded)) * 8 // 6]
            yield core
            yield core.replace("+", "-").replace("/", "_")


WORD = re.compile(r"[\w.+/=%-]+", re.ASCII)
_START = 8


def leaks(secrets: dict[str, str], written: dict[str, bytes]) -> list[str]:
    """Where which secret stands, by its role: nothing here repeats it."""
    needles = {form: role for secret, role in secrets.items() for form in spellings(secret) if len(form) >= _START}
    plain = {form: role for form, role in needles.items() if not WORD.fullmatch(form)}
    # Thousands of tokens in megabytes: each word once, and each place in it by the first characters.
    starts: dict[str, list[str]] = {}
    for form in needles.keys() - plain.keys():
        starts.setdefault(form[:_START], []).append(form)
    found = set()
    for place, content in written.items():
        text = content.decode("utf-8", errors="replace")
        found |= {f"{role} in {place}" for form, role in plain.items() if form in text}
        words = "\n".join(set(WORD.findall(text)))
        for index in range(len(words)):
            for form in starts.get(words[index : index + _START], ()):
                if words.startswith(form, index):
                    found.add(f"{needles[form]} in {place}")
    return sorted(found)


@pytest.mark.parametrize("secret", ["c0ffee00-1111-4222-8333-444455556666", f"Can{AWKWARD}ary"])
def test_leaks_are_found(secret):
    """A secret is found in every spelling, wherever it stands."""
    for form in spellings(secret):
        assert ["it in x"] == leaks({secret: "it"}, {"x": f"some {form}; more".encode(), "y": b"nothing"})
    around = base64.b64encode(f"user:{secret}".encode())

    assert ["it in x"] == leaks({secret: "it"}, {"x": b"Basic " + around})


def written(done: Any, folder: Path) -> dict[str, bytes]:
    """Everything that a run has written."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return files | {"stdout": done.out.encode(), "stderr": done.err.encode()}


class Leaky:
    """A service that repeats what it should not, and refuses with statuses that break clauses."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def handle(self, request: Any, origin: str) -> Any:
        """Answer with everything that the request held in the body, in a header and in the reason."""
        outcome = self._service.handle(request, origin)
        told = outcome.reply.members | {
            "asked": request.body.decode(errors="replace"),
            "with": [list(pair) for pair in request.headers],
            "query": request.query,
        }
        status = (
            500
            if outcome.condition in ("password.wrong", "brand_key.missing", "body.malformed")
            else outcome.reply.status
        )
        headers = (
            *outcome.reply.headers,
            ("X-Asked", request.header("authorization") or ""),
            ("X-Query", request.query),
        )
        return replace(outcome, reply=Reply(status, headers, json.dumps(told).encode()))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)


HTML = {
    "self-contained": ["--self-contained-html"],
    "assets": [],
}


@pytest.mark.parametrize(
    ("dialect", "liar", "html"),
    [
        ("sensu", True, "self-contained"),
        ("fusio", False, "assets"),
        ("rator", True, "self-contained"),
    ],
)
def test_run(dialect, liar, html, tmp_path, write_target, suites):
    """A run with every sink and every detail, at a server that repeats what it is told, leaves no secret anywhere."""
    loaded = load_dialect(dialect)
    service = Service(loaded, world=canaries(loaded.world))
    with start(Leaky(service) if liar else service) as mock:  # type: ignore[arg-type]
        facts = {
            "dialect": dialect,
            "url": mock.url,
            "resource_url": mock.resource_url,
            "credentials": mock.credentials,
        }
        out = tmp_path / "out"
        options = ["-v", "-l", "--tb=long", "--html", out / "page.html", *HTML[html], "--junitxml", out / "junit.xml"]
        done = suites("--target", write_target(facts), *options, env={"COLUMNS": "5000"})
    secrets = {value: role for value, role in service.state.secrets() if value}

    assert (1 if liar else 0) == done.code, done.text
    assert len(secrets) > 300
    assert {"access_token", "refresh_token", "password"} <= set(secrets.values())
    content = written(done, done.folder) | {f"out/{k}": v for k, v in written(done, out).items()}

    assert {"records.jsonl", "report.html", "junit.xml", "out/page.html", "out/junit.xml"} <= set(content)
    assert [] == leaks(secrets, content)
    assert b"access_token#1" in content["records.jsonl"]
    assert not liar or b"broken rules" in content["stdout"]


def test_embedded(tmp_path, suites):
    """A run against the embedded mocks holds none of the bundled passwords and secrets, and no token that can be told."""
    done = suites("-v", "-l", "--tb=long", "--html", tmp_path / "out" / "page.html", "-k", "wrong or works or accepted")
    content = written(done, done.folder) | {f"out/{k}": v for k, v in written(done, tmp_path / "out").items()}
    secrets = {}
    for name in bundled():
        secrets |= {value: role for role, value in load_dialect(name).world.credentials.items() if is_secret(role)}

    assert 0 == done.code, done.text
    assert [] == leaks(secrets, content)
    assert [] == [place for place, data in content.items() if b"eyJhbGci" in data]


def test_preflight(tmp_path, write_target, suites, mock_of):
    """A run that its preflight ends tells no credential, nor does one with a mistake in its target file."""
    facts = mock_of("rator")
    facts["credentials"]["password"] = f"Wrong{AWKWARD}Canary"
    done = suites("--target", write_target(facts), "--html", tmp_path / "out" / "page.html")
    secrets = {value: role for role, value in facts["credentials"].items() if is_secret(role)}

    assert 6 == done.code, done.text
    content = {k: v for k, v in written(done, tmp_path).items() if not k.endswith(".toml")}
    assert [] == leaks(secrets, content)


@pytest.fixture
def mock_of():
    """Start a mock with canaries for credentials, and describe it."""
    running = []

    def begin(dialect):
        loaded = load_dialect(dialect)
        running.append(start(Service(loaded, world=canaries(loaded.world))))
        mock = running[-1]
        return {
            "dialect": dialect,
            "url": mock.url,
            "resource_url": mock.resource_url,
            "credentials": dict(mock.credentials),
        }

    yield begin
    for mock in running:
        mock.stop()


def test_mock_process(tmp_path, announce):
    """A mock's journal and what it prints hold no secret beyond the credentials that it announces."""
    world = canaries(load_dialect("rator").world)
    rows: dict[str, Any] = {
        "brands": list(world.brands),
        "scopes": list(world.scopes),
        "accounts": [
            {"username": a.username, "password": a.password, "brands": list(a.brands)}
            for a in world.accounts
            if a.kind == "user"
        ],
        "clients": [{"client_id": c.client_id, "client_secret": c.client_secret} for c in world.clients],
    }
    path = tmp_path / "world.yaml"
    path.write_text(yaml.safe_dump(rows, allow_unicode=True), encoding="utf-8")
    mock = announce("rator", "--world", path)
    told = mock.credentials
    with requests.Session() as session:
        auth = (told["client_id"].encode(), told["client_secret"].encode())
        form = {"grant_type": "password", "username": told["username"], "password": told["password"]}
        query = {"brand_key": told["brand_key"]}
        tokens = session.post(f"{mock.url}/oauth/token", params=query, data=form, auth=auth).json()
        # Everything once more in a place where it does not belong.
        session.post(f"{mock.url}/oauth/token", params=query | form | tokens, auth=auth)
        session.get(f"{mock.url}/{quote(told['password'], safe='')}/{tokens['access_token']}")
        session.post(f"{mock.url}/oauth/token", params={told["client_secret"]: "", "x": told["password"]}, data=form)
        session.get(
            mock.facts["resource_url"] + "/api/x", headers={"Authorization": f"Bearer {tokens['access_token']}"}
        )
        pages = {page: session.get(mock.facts["control_url"] + page).content for page in ("journal", "why", "")}
    secrets = {value: role for role, value in told.items() if is_secret(role)}
    secrets |= {tokens[role]: role for role in ("access_token", "refresh_token")}

    assert 3 == len(json.loads(pages["journal"])["entries"]) - 2
    assert [] == leaks(secrets, pages)
    printed = mock.stop()
    banner, _, rest = printed.partition("Log in:")

    assert told["password"] in banner
    assert [] == leaks({v: r for v, r in secrets.items() if r.endswith("_token")}, {"stdout": printed.encode()})
    assert [] == leaks(secrets, {"the rest": "\n".join(rest.splitlines()[2:]).encode()})
