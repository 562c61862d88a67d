"""Records to make reports of."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from watchword.reports.records import ClauseRecord, EndRecord, ExchangeRecord, Run, RunRecord, Untested, write_line

_VOID = {"meta", "link", "br", "input", "img"}


class Outline(HTMLParser):
    """The tags, ids, links and what is loaded of a page; unbalanced tags are an error."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert [] == self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down a tag that begins."""
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if tag == "a" else []
        self.loads += [found[name] for name in ("src", "srcset") if name in found]
        self.loads += [found["href"]] if tag == "link" else []
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Take down a tag that ends, which is the last that began."""
        assert tag == self._open.pop()


@pytest.fixture(scope="session")
def outline() -> type[Outline]:
    """Give the reader of a page's outline."""
    return Outline


@pytest.fixture
def exchange() -> Callable[..., ExchangeRecord]:
    """Give a factory of exchanges: a refused renewal, changed as asked."""

    def make(**changes: Any) -> ExchangeRecord:
        usual: dict[str, Any] = {
            "step": "probe",
            "purpose": "renew with half a body",
            "request": {
                "method": "POST",
                "url": "http://127.0.0.1:8080/renew",
                "headers": [["Authorization", "Bearer access_token#1"]],
                "body": '{"refresh_token":',
            },
            "reply": {"status": 400, "headers": [["Content-Type", "application/json"]], "body": '{"code":7}'},
            "trouble": "",
            "curl": 'curl -X POST -H "Authorization: Bearer $ACCESS_TOKEN" http://127.0.0.1:8080/renew',
            "seconds": 0.004,
        }
        return ExchangeRecord(**{**usual, **changes})

    return make


@pytest.fixture
def clause(exchange: Callable[..., ExchangeRecord]) -> Callable[..., ClauseRecord]:
    """Give a factory of clause records: a rule that holds, changed as asked."""

    def make(**changes: Any) -> ClauseRecord:
        usual: dict[str, Any] = {
            "clause": "toy:renew.malformed-body",
            "dialect": "toy",
            "target": "staging",
            "topic": "error_codes",
            "verdict": "pass",
            "level": "must",
            "basis": "documented",
            "says": "A renewal whose body cannot be parsed is answered 400.",
            "source": "toy, /renew, line 98",
            "expected": "status 400",
            "observed": "status 400",
            "exchanges": (exchange(),),
            "duration": 0.25,
            "operation": "renewToken",
            "check": "body.malformed",
        }
        return ClauseRecord(**{**usual, **changes})

    return make


@pytest.fixture
def run() -> Callable[..., Run]:
    """Give a factory of runs from clause records; `exit_code` None makes one that was cut short."""

    def make(*clauses: ClauseRecord, exit_code: int | None = 0, message: str = "", **changes: Any) -> Run:
        usual: dict[str, Any] = {
            "started": "2026-03-01T12:00:00Z",
            "versions": {"watchword": "0.1.0"},
            "targets": ({"name": "staging", "dialect": "toy", "url": "http://127.0.0.1:8080"},),
            "options": {"strict": False},
            "untested": (
                Untested(
                    clause="toy:accounts.by-hand",
                    dialect="toy",
                    topic="auth",
                    level="may",
                    basis="documented",
                    says="Accounts are made by hand.",
                    source="toy, Accounts, line 3",
                    reason="No operation of the API makes accounts.",
                ),
            ),
        }
        begun = RunRecord(**{**usual, **changes})
        unended = Run(begun, clauses, None)
        if exit_code is None:
            return unended
        return Run(begun, clauses, EndRecord(unended.verdicts, exit_code, 1.5, message))

    return make


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Run], Path]:
    """Give a function that writes a run as a file of records."""

    def write(run: Run) -> Path:
        path = tmp_path / "records.jsonl"
        records = [run.run, *run.clauses, *([run.end] if run.end else [])]
        path.write_bytes("".join(write_line(record) + "\n" for record in records).encode())
        return path

    return write
