"""A request as a shell line: what a shell and curl make of it is the request again."""

from __future__ import annotations

import base64
import os
import shlex
import subprocess

import pytest

from watchword.specs.shell import ShellLine
from watchword.specs.values.http import Request

BASE = "http://127.0.0.1:9"
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request("GET", "/a", query="b=c"), [f"{BASE}/a?b=c"]),
        (Request("DELETE", "/a"), ["-X", "DELETE", f"{BASE}/a"]),
        (Request("HEAD", "/a"), ["--head", f"{BASE}/a"]),
        (Request("GET", "/a", headers=(("Authorization", "Basic bWlyYTpo"),)), ["-u", "mira:h", f"{BASE}/a"]),
        (Request("GET", "/a", headers=(("Authorization", "Basic !"),)), ["-H", "Authorization: Basic !", f"{BASE}/a"]),
        (Request("GET", "/a", headers=(("X-Empty", ""),)), ["-H", "X-Empty;", f"{BASE}/a"]),
        (Request("POST", "/a"), ["-H", "Content-Type:", "-d", "", f"{BASE}/a"]),
        (
            Request("POST", "/a", headers=FORM, body=b"b=c+d&e=%26"),
            ["-H", ": ".join(FORM[0]), "--data-urlencode", "b=c d", "--data-urlencode", "e=&", f"{BASE}/a"],
        ),
        (
            Request("PUT", "/a", headers=(("Content-Type", "application/json"),), body=b"{'$x`'}"),
            ["-X", "PUT", "-H", "Content-Type: application/json", "--data-raw", "{'$x`'}", f"{BASE}/a"],
        ),
    ],
)
def test_words(request_: Request, words: list[str]) -> None:
    """A line is made of what curl does not do by itself."""
    assert ["curl", "-sS", *words] == shlex.split(ShellLine(BASE).write(request_))


def test_variables_stand_for_secrets() -> None:
    """Where a variable stands for a secret, the line names the variable, and the secret is nowhere."""
    request = Request("GET", "/a", query="key=s3cret", headers=(("Authorization", "Bearer s3cret"),))
    line = ShellLine(BASE, {"s3cret": "TOKEN"}, head=True).write(request)

    assert f'curl -sS -i -H "Authorization: Bearer ${{TOKEN}}" --url-query "key=${{TOKEN}}" {BASE}/a' == line


@pytest.mark.parametrize("scheme", ["Basic", "basic"])
def test_an_encoded_secret_is_encoded_by_the_shell(scheme: str) -> None:
    """A secret that went form-encoded is nowhere either, and the line writes it as it went, of the variable."""
    pair = base64.b64encode(b"desk:p%2Bs+s%25").decode()
    request = Request("GET", "/a", headers=(("Authorization", f"{scheme} {pair}"),))
    line = ShellLine(BASE, {"p+s s%": "SECRET"}).write(request).replace("curl -sS", "printf '%s\\n'")
    done = subprocess.run(
        ["sh", "-c", line], env=dict(os.environ) | {"SECRET": "p+s s%"}, capture_output=True, check=True
    )

    assert "p%2Bs" not in line
    assert (
        "desk:p%2Bs+s%25" if scheme == "Basic" else f"Authorization: basic {pair}"
    ) in done.stdout.decode().splitlines()


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ('{"a": "json"}', '"{\\"a\\": \\"${WORD}\\"}"'),
        ("a:json", '"a:${WORD}"'),
        ("json of jsonish", "'json of jsonish'"),
        ("a=jsonish", "a=jsonish"),
        ('a=json of "json"', '"a=json of \\"${WORD}\\""'),
        ("a=json-of-json", "a=json-of-json"),
        ("json-token-7 json-token-77", '"${LONG} ${LONGER}"'),
        ("xjson-token-7", '"x${LONG}"'),
    ],
)
def test_a_secret_that_is_a_word(body: str, written: str) -> None:
    """A word is a secret only where it ends a pair or is a string, any other secret wherever it stands, and the longest counts."""
    variables = {"json": "WORD", "json-token-7": "LONG", "json-token-77": "LONGER"}
    line = ShellLine(BASE, variables, lambda text: text.replace("json-token-77", "#1").replace("json-token-7", "#2"))
    request = Request("POST", "/a", headers=(("Content-Type", "text/plain"),), body=body.encode())

    assert f"--data-raw {written} {BASE}/a" in line.write(request)


def test_only_what_may_be_a_word_is_looked_at() -> None:
    """Where it is known which secrets may be words, nobody looks at the others: there are many, and each is another one."""
    asked: list[str] = []

    def mask(text: str) -> str:
        asked.append(text)
        return text

    line = ShellLine(BASE, {"json": "WORD", "token-7": "LONG"}, mask, is_common=lambda secret: secret == "json")
    request = Request("POST", "/a", headers=(("Content-Type", "text/plain"),), body=b"token-7 of jsonish:json")

    assert f'--data-raw "${{LONG}} of jsonish:${{WORD}}" {BASE}/a' in line.write(request)
    assert ["- json -"] == [text for text in asked if text.startswith("- ")]
