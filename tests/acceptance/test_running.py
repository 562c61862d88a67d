"""Running the suites: looking before sending, choosing, strictness, and runs that somebody ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.reports.records import read_run
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply

ROOT = Path(__file__).resolve().parents[2]
DIALECTS = ("sensu", "fusio", "rator")


class Curt:
    """A service that never challenges, and that tells somebody of each request."""

    def __init__(self, service, told=lambda count: None):
        self._service = service
        self._told = told
        self.count = 0

    def handle(self, request, origin):
        """Answer without a WWW-Authenticate header."""
        self.count += 1
        self._told(self.count)
        outcome = self._service.handle(request, origin)
        headers = tuple(pair for pair in outcome.reply.headers if pair[0] != "WWW-Authenticate")
        return replace(outcome, reply=Reply(outcome.reply.status, headers, outcome.reply.body))

    def __getattr__(self, name):
        return getattr(self._service, name)


@pytest.fixture
def curt():
    """Start such a service in this process, and describe it."""
    running = []

    def begin(dialect, told=lambda count: None):
        service = Curt(Service(load_dialect(dialect)), told)
        running.append(start(service))
        mock = running[-1]
        facts = {
            "dialect": dialect,
            "url": mock.url,
            "resource_url": mock.resource_url,
            "credentials": mock.credentials,
        }
        return service, facts

    yield begin
    for mock in running:
        mock.stop()


@pytest.fixture(scope="module")
def planned(tmp_path_factory, suites_once):
    """Ask for the plans of a mock of each dialect at once; gives what came of it, the services and what is told of them."""
    services = {dialect: Curt(Service(load_dialect(dialect))) for dialect in DIALECTS}
    with ExitStack() as running:
        facts = {}
        for dialect, service in services.items():
            mock = running.enter_context(start(service))
            facts[dialect] = {
                "dialect": dialect,
                "url": mock.url,
                "resource_url": mock.resource_url,
                "credentials": mock.credentials,
            }
        yield suites_once(tmp_path_factory.mktemp("plans"), facts, "--plan"), services, facts


@pytest.mark.parametrize("dialect", DIALECTS)
def test_plan(dialect, planned):
    """A plan names each request by method and path, and sends none."""
    done, services, told = planned
    service, facts = services[dialect], told[dialect]
    # Each plan ends with how much it is.
    parts = re.split(r"^(\w+): (\d+) requests for (\d+) clauses\b", done.out, flags=re.MULTILINE)
    plans = {parts[i + 1]: (parts[i], int(parts[i + 2]), int(parts[i + 3])) for i in range(0, len(parts) - 1, 4)}
    out, requests, count = plans[dialect]
    operations = load_dialect(dialect).api.operations.values()

    assert 0 == done.code, done.text
    assert 0 == service.count
    for operation in operations:
        path = re.escape(operation.path).replace(r"\{billingGroupId\}", r"[^ ]+")
        assert re.search(rf"{operation.method} {path}\b", out), operation.name
    clauses = [c for c in load_dialect(dialect).clauses if not c.untested]
    assert all(f"{c.full_id} ({c.level}, {c.basis})" in out for c in clauses)
    assert len(clauses) == count
    assert requests > len(clauses)
    assert not any(
        value in done.text for role, value in facts["credentials"].items() if "password" in role or "secret" in role
    )
    assert not (done.folder / "records.jsonl").exists()


def test_plan_of_a_live_target(serve, made_up, write_target, suites):
    """The plan for a server without a clock tells which checks its limits leave open."""
    front = serve(lambda asked: (200, {}, b""))
    limits = {"bad_logins": 2}
    done = suites("--target", write_target(made_up("sensu", front.url), limits=limits), "--plan")
    banning = suites("--target", write_target(made_up("fusio", front.url), limits=limits), "--plan")

    assert (0, 0) == (done.code, banning.code), done.text + banning.text
    assert [] == front.asked
    assert "2 bad logins for the account of username" in done.out
    assert "    not sent: the budget of 2 bad logins" in done.out
    assert "limits.bad_logins raises it" in done.out
    assert "    sent last, if the others leave room for it: servers of this API ban a client" in banning.out


def test_collect_only(curt, write_target, suites):
    """Collecting asks nothing of the server and lists one item a clause."""
    service, facts = curt("fusio")
    done = suites("--target", write_target(facts), "--collect-only", "-q")
    clauses = [c for c in load_dialect("fusio").clauses if not c.untested]

    assert 0 == done.code, done.text
    assert 0 == service.count
    assert {f"[{c.full_id}]" for c in clauses} == set(re.findall(r"\[fusio:[^\]]+\]", done.out))
    assert not (done.folder / "records.jsonl").exists()


def test_choice(curt, write_target, suites):
    """-k chooses clauses by their ids; the report says that it is a choice, and by which command, of which dialect's state."""
    _, facts = curt("sensu")
    done = suites("--target", write_target(facts), "-k", "renew and password or token.works")

    assert 0 == done.code, done.text
    assert {"token.works", "token.works-again"} == set(done.verdicts)
    assert "renew and password or token.works" == done.run.run.options["keyword"]
    assert "-k 'renew and password or token.works'" in str(done.run.run.options["command"])
    assert load_dialect("sensu").revision == done.run.run.targets[0]["revision"]


def test_nothing_chosen(curt, write_target, suites):
    """A choice of nothing is neither green nor red, and asks nothing of the server."""
    service, facts = curt("sensu")
    done = suites("--target", write_target(facts), "-k", "no-such-clause")

    assert 5 == done.code, done.text
    assert 0 == service.count


def test_two_targets(curt, write_target, suites):
    """Two targets of one dialect are told apart in ids and records, even when both bear one name."""
    files = [write_target(curt("sensu")[1], target={"name": "staging"}) for _ in range(2)]
    done = suites("--target", files[0], "--target", files[1], "-k", "token.works", "-v")

    assert 0 == done.code, done.text
    assert {"sensu:token.works@staging", "sensu:token.works-again@staging-2"} <= set(
        re.findall(r"\[(sensu:[^\]]+)\]", done.out)
    )
    assert {("sensu:token.works", "staging"), ("sensu:token.works", "staging-2")} <= {
        (r.clause, r.target) for r in done.run.clauses
    }
    assert ["staging", "staging-2"] == [target["name"] for target in done.run.run.targets]


def test_a_target_of_which_nothing_is_chosen(curt, write_target, suites):
    """It is asked nothing, and the run says nothing of it: neither that it conforms nor what of it is left untested."""
    service, facts = curt("fusio")
    files = [write_target(curt("sensu")[1]), write_target(facts)]
    done = suites("--target", files[0], "--target", files[1], "-k", "sensu")

    assert 0 == done.code, done.text
    assert 0 == service.count
    assert ["sensu"] == [target["dialect"] for target in done.run.run.targets]
    assert {"sensu"} >= {one.dialect for one in done.run.run.untested}
    assert "2 targets" not in done.text
    assert "fusio" not in done.out


def test_strict(curt, write_target, suites):
    """A warning leaves a run green, and --strict turns it red."""
    _, facts = curt("sensu")
    path = write_target(facts)
    mild, strict = (suites("--target", path, "-k", "challenge or works", *more) for more in ([], ["--strict"]))

    assert "warn" == mild.verdicts["token.challenge"]
    assert mild.verdicts == strict.verdicts
    assert (0, 1) == (mild.code, strict.code), strict.text
    assert "challenge" in strict.out


def test_repeat(curt, write_target, suites):
    """With --repeat each check is made so often, and the record says how often it went wrong."""
    _, facts = curt("sensu")
    done = suites("--target", write_target(facts), "-k", "token.challenge", "--repeat", "3")
    record = done.record("sensu:token.challenge")

    assert (3, 3, "warn") == (record.attempts, record.broken, record.verdict)
    assert "3 of 3 attempts" in record.reason


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 2)])
def test_ended(number, code, curt, write_target, tmp_path):
    """A run that is killed leaves records that make a report of a part; one that is interrupted makes it itself."""
    process = []

    def end(count):
        if count == 60:
            os.kill(process[0].pid, number)

    _, facts = curt("sensu", end)
    folder = tmp_path / "reports"
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        f"--target={write_target(facts)}",
        f"--report-dir={folder}",
    ]
    # What a shell puts in the background ignores interruptions, and hands that on to everything it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process.append(subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    signal.signal(signal.SIGINT, before)
    out, _ = process[0].communicate()
    run = read_run(folder / "records.jsonl")

    assert code == process[0].returncode, out
    assert 0 < len(run.clauses) < 100
    assert run.end is None
    if number == signal.SIGKILL:
        words = [sys.executable, "-c", "from watchword.specs.cli import main; main()", "report", str(folder)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        assert 0 == done.returncode, done.stderr
        out = done.stdout
    page = (folder / "report.html").read_text(encoding="utf-8")

    assert re.search(r"partial|cut short|incomplete|interrupted|ended early", out), out
    assert re.search(r"partial|cut short|incomplete|interrupted|ended early", page)
