"""`watchword verdict`: text, JSON, JUnit, page, records and exit code, about a mock of another process's making."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import requests
from click.testing import CliRunner, Result

from watchword.mockserver.launch import Running, start
from watchword.mockserver.verdictcommand import verdict
from watchword.reports.outcome import outcome
from watchword.reports.schema import read_checked


@pytest.fixture
def mock() -> Iterator[Running]:
    """A mock whose client is judged."""
    with start("sensu") as running:
        yield running


def judge(*words: Any) -> Result:
    """Run the command."""
    return CliRunner().invoke(verdict, [str(word) for word in words], standalone_mode=True)


def good(mock: Running) -> str:
    """Log in and use the API; gives the access token."""
    user = (mock.credentials["username"], mock.credentials["password"])
    token: str = requests.get(mock.url + "/auth", auth=user, timeout=5).json()["access_token"]
    requests.get(mock.url + "/api/core/v2/namespaces", headers={"Authorization": f"Bearer {token}"}, timeout=5)
    return token


def careless(mock: Running) -> None:
    """Let a token travel in a URL, which is not recommended."""
    requests.get(f"{mock.url}/api/core/v2/namespaces?access_token={good(mock)}", timeout=5)


def broken(mock: Running) -> None:
    """Let a password travel in a URL, which is forbidden."""
    good(mock)
    requests.get(f"{mock.url}/auth?password={mock.credentials['password']}", timeout=5)


def test_nothing_was_asked(mock: Running) -> None:
    """Nothing was seen, so nothing is known: exit code 7."""
    done = judge(mock.url)

    assert 7 == done.exit_code, done.output
    assert "not_observed" in done.output


def test_good_client(mock: Running) -> None:
    """No rule is broken: exit code 0; --all prints what was kept."""
    good(mock)
    done, everything = judge(mock.url), judge(mock.url, "--all")

    assert (0, 0) == (done.exit_code, everything.exit_code), done.output
    assert "pass          credentials.in-basic" in everything.output
    assert "credentials.in-basic" not in done.output
    assert "Conforming" in done.output


def test_broken_client(mock: Running) -> None:
    """A rule is broken: exit code 1, with its source and the requests that show it."""
    broken(mock)
    done = judge(mock.url)

    assert 1 == done.exit_code, done.output
    assert "fail          credentials.not-in-url" in done.output
    assert "(request 3)" in done.output
    assert "RFC 6749" in done.output


def test_strict(mock: Running) -> None:
    """A recommendation warns, and fails where recommendations are taken for rules."""
    careless(mock)

    assert 0 == judge(mock.url).exit_code
    assert "warn          token.not-in-url" in judge(mock.url).output
    assert 1 == judge(mock.url, "--strict").exit_code


def test_json(mock: Running) -> None:
    """The same as JSON, and nothing else is printed."""
    broken(mock)
    done = judge(mock.url, "--json")
    told = json.loads(done.output)

    assert (1, "sensu") == (told["exit"], told["dialect"])
    row = next(row for row in told["verdicts"] if row["rule"] == "credentials.not-in-url")
    assert ("fail", [3]) == (row["verdict"], row["entries"])
    assert [{"says": "a password or a client secret travels in the URL", "entries": [3]}] == row["breaches"]


def test_reports(mock: Running, tmp_path: Path) -> None:
    """The page, JUnit and records hold each rule, the requests behind a verdict, and no secret."""
    broken(mock)
    page, junit, records = tmp_path / "page.html", tmp_path / "junit.xml", tmp_path / "records.jsonl"
    done = judge(mock.url, "--html", page, "--junit", junit, "--records", records)
    run = read_checked(records)
    cases = {case.get("name"): case for case in ET.parse(junit).getroot().iter("testcase")}

    assert 1 == done.exit_code == outcome(run).exit
    assert cases["sensu:credentials.not-in-url"].find("failure") is not None
    assert cases["sensu:backoff.waits"].find("skipped") is not None
    assert cases["sensu:credentials.in-basic"].find("failure") is None
    text = page.read_text("utf-8")
    assert "a password or a client secret travels in the URL" in text
    assert "request 3" in text
    found = text.partition('id="sensu:credentials.not-in-url"')[2].partition("</details>")[0]
    assert "<dt>Seen</dt>" in found
    assert "<dt>Expected</dt>" not in found
    assert "This API has no brands." in text
    for file in (page, junit, records):
        assert mock.credentials["password"] not in file.read_text("utf-8")
    refused = judge(mock.url, "--html", tmp_path / "no" / "such" / "folder.html")
    assert 4 == refused.exit_code
    assert "cannot be written" in refused.output


def test_space(mock: Running) -> None:
    """A space has verdicts of its own; one that is not there is not made by asking."""
    broken(mock)
    with mock.space("blue") as blue:
        good(blue)
        assert 0 == judge(mock.url, "--space", "blue").exit_code
    done = judge(mock.url, "--space", "green")

    assert 4 == done.exit_code
    assert "there is no space 'green'" in done.output
    assert () == mock.spaces.list()


def test_nobody_there(tmp_path: Path) -> None:
    """No ready file, something else, and nobody at the address: one line, exit code 4."""
    other = tmp_path / "other.json"
    other.write_text("[]", "utf-8")
    for where, words in (
        (tmp_path / "none.json", "no mock is told of in"),
        (other, "expected a ready file of a mock"),
        ("http://127.0.0.1:1", "nobody answers at"),
    ):
        done = judge(where)
        assert (4, 1) == (done.exit_code, len(done.output.strip().splitlines())), done.output
        assert 1 == done.output.count(words)


def test_dialect_without_rules(tmp_path: Path) -> None:
    """A dialect that says nothing of clients cannot judge them, and says what it takes."""
    smallest = Path(__file__).parent.parent / "dialects" / "smallest"
    with start(smallest) as mock:
        done = judge(mock.url)

    assert 4 == done.exit_code
    assert "client.yaml" in done.output
