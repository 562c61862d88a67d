"""A program: whole runs of the suites under generated settings, and what may never come of them.

It is a process of its own, since what it watches, every connection that anything in it makes, cannot be unwatched.
Its arguments are a ready file of a mock and a folder; it prints how the runs ended.
"""

from __future__ import annotations

import contextlib
import gc
import io
import itertools
import json
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.suites.test_generated_settings import KEYS, VALUES, written
from watchword.reports.records import read_run

FACTS = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
FOLDER = Path(sys.argv[2])
SECRETS = [
    value
    for role, value in FACTS["credentials"].items()
    if role.endswith(("password", "secret", "key")) and not value.startswith("BRAND")
]
# What a limit may be without a run that waits: the rest of the limits is somebody's patience.
LIMITS = {
    "bad_logins": st.integers(0, 5),
    "max_wait": st.sampled_from([0, 0.0, 0.2]),
    "timeout": st.sampled_from([0.3, 5]),
    "requests_per_second": st.sampled_from([500, 1e6, 10**400, "many"]),
    "firewall": st.booleans(),
}
FITTING = {
    ("target", "name"): st.text(max_size=12),
    ("target", "url"): st.sampled_from(
        [FACTS["url"] + "/", FACTS["url"] + "/auth", f"{FACTS['url']}?a=b", "http://[::1]:1"]
    ),
    ("target", "resource_url"): st.sampled_from([FACTS["url"], "http://127.0.0.1:1/x", "http://localhost:1"]),
    ("target", "control_url"): st.sampled_from([FACTS["control_url"], "http://127.0.0.1:1/"]),
    ("credentials", "username"): st.text(min_size=1, max_size=8),
    ("resource", "path"): st.sampled_from(["/", "/no/where", "/%", "no-slash", "//127.0.0.1:1/x"]),
    ("resource", "method"): st.sampled_from(["GET", "HEAD", "POST", "get", "BREW"]),
    ("accept", "undecided"): st.lists(st.sampled_from(["expiry", "renew.works", "*", ""]), max_size=2),
    ("accept", "reason"): st.text(max_size=8),
} | {("limits", name): values for name, values in LIMITS.items()}
ODD = [key for key in KEYS if key[0] != "limits"]
CHANGES = st.one_of(
    *(st.tuples(st.just(key), values) for key, values in FITTING.items()), st.tuples(st.sampled_from(ODD), VALUES)
)
OPTIONS = st.lists(
    st.sampled_from(
        ["--strict", "--repeat=2", "-v", "-x", "-rA", "--tb=long", "-l", "--log-cli-level=DEBUG", "-p no:html"]
    ),
    max_size=2,
    unique=True,
)
numbers = itertools.count()
ends: Counter[str] = Counter()
connected: set[tuple[str, int]] = set()


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Note where every connection goes, whoever makes it."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        connected.add((str(arguments[1][0]), int(arguments[1][1])))


def allowed(tables: dict[str, dict[str, object]]) -> set[tuple[str, int]]:
    """Where a run may go: the addresses of its target file, with every spelling of this machine."""
    found = set()
    for key in ("url", "resource_url", "control_url"):
        with contextlib.suppress(ValueError):
            parts = urlsplit(str(tables["target"].get(key, "")))
            host = parts.hostname or ""
            hosts = {"127.0.0.1", "::1"} if host == "localhost" else {host}
            found |= {(name, parts.port or 80) for name in hosts}
    return found


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(changes=st.lists(CHANGES, min_size=1, max_size=2), options=OPTIONS)
def whole_run(changes, options):
    """Of any settings, a run ends as the contract says, tells no secret, and asks nobody else."""
    folder = FOLDER / str(next(numbers))
    folder.mkdir()
    tables = {
        "target": {key: FACTS[key] for key in ("dialect", "url", "resource_url") if FACTS.get(key)},
        "credentials": dict(FACTS["credentials"]),
        "limits": {"requests_per_second": 1000, "bad_logins": 5, "timeout": 5},
    }
    for (table, key), value in changes:
        tables.setdefault(table, {})[key] = value
    lines = []
    for table, keys in tables.items():
        lines += [f"[{table}]", *(f"{key} = {written(value)}" for key, value in keys.items())]
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "target.toml").write_text("\n".join(lines), encoding="utf-8")
    words = [word for option in options for word in option.split(" ")]
    chosen = ["-k", "token.works or renew.works or token.password-wrong or accepted"]
    printed = io.StringIO()
    connected.clear()
    # pytest collects garbage at its ends; what the runs before have left is not looked through again.
    gc.freeze()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = pytest.main(
            [
                "--pyargs",
                "watchword.suites",
                *chosen,
                *words,
                f"--target={folder / 'target.toml'}",
                f"--report-dir={folder / 'out'}",
                f"-c{folder / 'pytest.ini'}",
                "--assert=plain",
                "-pno:cacheprovider",
            ]
        )
    text = printed.getvalue()
    ends[str(int(code))] += 1
    told = f"{tables}\n{options}\n{text}"

    assert int(code) in (0, 1, 4, 5, 6, 7), told
    assert "Traceback (most recent" not in text, told
    assert "INTERNALERROR" not in text, told
    assert connected <= allowed(tables), (connected, told)
    assert connected or code in (4, 6), told
    left = [path for path in folder.rglob("*") if path.is_file() and path.name != "target.toml"]
    for place, kept in [("printed", text), *((path.name, path.read_text("utf-8")) for path in left)]:
        assert [secret for secret in SECRETS if secret in kept] == [], (place, told)
    records = folder / "out" / "records.jsonl"
    if records.exists():
        assert [r.clause for r in read_run(records).clauses if r.verdict == "error"] == [], told


if __name__ == "__main__":
    sys.addaudithook(watch)
    whole_run()
    sys.stdout.write(json.dumps(ends))
