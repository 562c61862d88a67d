"""The suites against one space of a mock: it is a server like any other, with a clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.conftest import Finished
from watchword.mockserver import start
from watchword.reports.records import RECORDS_FILE, read_run

TARGET = """
[target]
name = "a space"
dialect = "{dialect}"
url = "{url}"
resource_url = "{resource_url}"
[credentials]
{credentials}
"""


@pytest.mark.parametrize(("dialect", "port"), [("oauth2", None), ("sensu", 0)])
def test_a_space_is_a_server(
    tmp_path: Path, by_command: Callable[..., Finished], dialect: str, port: int | None
) -> None:
    """The suites find the clock of a space and pass every clause; the mock around it sees nothing of that."""
    with start(dialect) as running, running.space("conform", port=port) as space:
        credentials = "\n".join(f'{role} = "{value}"' for role, value in space.credentials.items())
        target = tmp_path / "target.toml"
        target.write_text(
            TARGET.format(dialect=dialect, url=space.url, resource_url=space.resource_url, credentials=credentials),
            "utf-8",
        )
        done = by_command(target, "--report-dir", tmp_path / "report")
        before, after = running.clock.now(), space.clock.now()

        assert 0 == done.code, done.out[-4000:]
        assert after > before + 900
        assert [] == running.journal.entries()
    verdicts = {c.clause: c.verdict for c in read_run(tmp_path / "report" / RECORDS_FILE).clauses}
    expiry = {verdict for clause, verdict in verdicts.items() if "expired" in clause}
    assert {"pass"} == expiry - {"not_applicable", "observed"}
