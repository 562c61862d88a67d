"""What the acceptance tests share: real processes of pytest and of the mock, and small servers that misbehave."""

from __future__ import annotations

import functools
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

import pytest

from tests.acceptance.office import Office
from tests.forked import Child, Forks, environment
from watchword.reports.records import ClauseRecord, Run, read_run
from watchword.specs.redaction import Masker
from watchword.suites.running.check import check
from watchword.suites.running.preflight import preflight
from watchword.suites.running.recording import write
from watchword.suites.running.session import TargetSession
from watchword.suites.running.tally import Tally as Suites
from watchword.suites.running.waiting import Waiting
from watchword.suites.target import Target, read_target

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Finished:
    """A process that has ended."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def text(self) -> str:
        """Everything that was printed."""
        return self.out + self.err

    @property
    def run(self) -> Run:
        """The records that the run left."""
        return read_run(self.folder / "records.jsonl")

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict of each clause, by its id without the dialect."""
        return {record.clause.partition(":")[2]: record.verdict for record in self.run.clauses}

    def record(self, clause: str) -> ClauseRecord:
        """Give one clause's record by its full id."""
        return next(r for r in self.run.clauses if r.clause == clause)


@dataclass
class Announced:
    """A mock in another process, as its ready file describes it."""

    process: Child
    printed: IO[str]
    facts: dict[str, Any]
    banner: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The base URL of the mocked API."""
        return str(self.facts["url"])

    @property
    def credentials(self) -> dict[str, str]:
        """The announced credentials by role."""
        return dict(self.facts["credentials"])

    def stop(self) -> str:
        """Stop the mock and give everything that it printed."""
        if not self.printed.closed:
            self.process.terminate()
            with self.printed:
                self.banner.append(self.printed.read())
            self.process.wait()
        return "".join(self.banner)


@dataclass(frozen=True)
class Asked:
    """A request as a small server got it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Running:
    """A small server in a thread of this process, and the requests it got."""

    url: str
    asked: list[Asked]


def toml(value: Any) -> str:
    """Write a value as TOML; JSON's strings and numbers are TOML's too."""
    return json.dumps(value, ensure_ascii=True)


def target_file(path: Path, facts: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write a target file: of what a ready file says, with tables of keys that differ."""
    own = {"dialect": facts["dialect"], "url": facts["url"], "resource_url": facts.get("resource_url")}
    content: dict[str, dict[str, Any]] = {"target": own, "credentials": dict(facts["credentials"])}
    for name, table in tables.items():
        content[name] = content.get(name, {}) | dict(table)
    lines: list[str] = []
    for name, table in content.items():
        lines += [f"[{name}]", *(f"{key} = {toml(value)}" for key, value in table.items() if value is not None)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run_suites(forks: Forks, folder: Path, arguments: Iterable[str | Path], env: Mapping[str, str] | None) -> Finished:
    """Run `python -m pytest` in the checkout and wait for its end; `folder` is where the reports go, if anywhere."""
    words = ["-m", "pytest", "-p", "no:cacheprovider", *map(str, arguments)]
    return Finished(*forks.run(words, cwd=ROOT, env=environment(env)), folder)


def announced(forks: Forks, folder: Path, dialect: str, *options: str | Path) -> Announced:
    """Start a mock in a process of its own, on a free port, and wait until it is ready."""
    ready = folder / f"ready-{len(list(folder.glob('ready-*')))}.json"
    words = ["-m", "watchword.mockserver", dialect, "--port", "0", "--ready-file", ready, *options]
    reading, writing = os.pipe()
    process = forks.start(words, cwd=ROOT, env=environment(), out=writing, err=2)
    os.close(writing)
    printed = os.fdopen(reading, encoding="utf-8")
    # The banner is printed once the ready file is there.
    first = printed.readline()
    return Announced(process, printed, json.loads(ready.read_text(encoding="utf-8")), [first])


@pytest.fixture
def write_target(tmp_path: Path) -> Callable[..., Path]:
    """Write target files: of what a ready file says, with tables of keys that differ."""
    count = iter(range(1000))

    def write(facts: Mapping[str, Any], **tables: Mapping[str, Any]) -> Path:
        return target_file(tmp_path / f"target-{next(count)}.toml", facts, tables)

    return write


@pytest.fixture
def suites(tmp_path: Path, forks: Forks) -> Callable[..., Finished]:
    """Run `python -m pytest` in the checkout and wait for its end."""
    count = iter(range(1000))

    def run(*arguments: str | Path, env: Mapping[str, str] | None = None, reports: bool = True) -> Finished:
        folder = tmp_path / f"reports-{next(count)}"
        words = [*arguments, "--report-dir", folder] if reports else arguments
        return run_suites(forks, folder, words, env)

    return run


@pytest.fixture
def by_command(tmp_path: Path, forks: Forks) -> Callable[..., Finished]:
    """Run `watchword test` in a folder, an empty one unless told otherwise, and wait for its end."""
    script = "from watchword.specs.cli import main; main(prog_name='watchword')"

    def run(*arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Finished:
        folder = cwd or tmp_path / "away"
        folder.mkdir(exist_ok=True)
        done = forks.run(["-c", script, "test", *map(str, arguments)], cwd=folder, env=environment() | dict(env or {}))
        return Finished(*done, folder / "reports" / "out")

    return run


@pytest.fixture
def announce(tmp_path: Path, forks: Forks) -> Iterator[Callable[..., Announced]]:
    """Start mocks in processes of their own, on free ports, stopped when the test ends."""
    started: list[Announced] = []

    def start(dialect: str, *options: str | Path) -> Announced:
        started.append(announced(forks, tmp_path, dialect, *options))
        return started[-1]

    yield start
    for mock in started:
        mock.stop()


@pytest.fixture(scope="session")
def suites_once(forks: Forks) -> Callable[..., Finished]:
    """Run the suites for more than one test: `suites_once(folder, {"name": facts}, *options)`, with a target a name."""

    def run(folder: Path, targets: Mapping[str, Mapping[str, Any]], *options: str) -> Finished:
        words: list[str | Path] = [*options, "--report-dir", folder / "reports"]
        for name, facts in targets.items():
            words += ["--target", target_file(folder / f"{name}.toml", facts, {"target": {"name": name}})]
        return run_suites(forks, folder / "reports", words, None)

    return run


@pytest.fixture(scope="module")
def conformed(
    tmp_path_factory: pytest.TempPathFactory, suites_once: Callable[..., Finished], forks: Forks
) -> Callable[..., Finished]:
    """Run all suites against a right mock of a dialect in another process, once: `conformed("dialect")`."""

    @functools.cache
    def run(dialect: str) -> Finished:
        folder = tmp_path_factory.mktemp(dialect)
        mock = announced(forks, folder, dialect)
        try:
            return suites_once(folder, {"mock": mock.facts})
        finally:
            mock.stop()

    return run


Answer = tuple[int, Mapping[str, str], bytes]


@pytest.fixture
def serve() -> Iterator[Callable[..., Running]]:
    """Start servers of a function from a request to (status, headers, body)."""
    started: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(answer: Callable[[Asked], Answer], context: Any = None) -> Running:
        asked: list[Asked] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536
            disable_nagle_algorithm = True

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Asked(self.command, self.path, dict(self.headers.items()), body)
                asked.append(request)
                status, headers, content = answer(request)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _answer  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: object) -> None:
                return

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                return

        server = Quiet(("127.0.0.1", 0), Handler)
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        started.append((server, thread))
        return Running(f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}", asked)

    yield start
    for server, thread in started:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def plain_socket() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Start servers of a function that is given each connection, and leaves it open or closes it."""
    started: list[tuple[socket.socket, threading.Thread, list[socket.socket]]] = []

    def start(serve_one: Callable[[socket.socket], None]) -> str:
        listening = socket.create_server(("127.0.0.1", 0))
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                held.append(connection)
                serve_one(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        started.append((listening, thread, held))
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield start
    for listening, thread, held in started:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
        for connection in held:
            connection.close()


@pytest.fixture
def examined() -> Iterator[Callable[..., Suites]]:
    """Run the suites in this process against a target."""
    runs: list[Suites] = []

    def run(target: Target, only: Collection[str] = ()) -> Suites:
        runs.append(Suites([target]))
        session = runs[-1].sessions[target.name]
        preflight(session)
        clauses = [c for c in target.dialect.clauses if not c.untested and (not only or c.id in only)]
        session.budget.plan(clauses)
        for clause in clauses:
            began = time.monotonic()
            runs[-1].records.append(write(session, clause, check(session, clause), began))
        return runs[-1]

    yield run
    for one in runs:
        one.close()


CREDENTIALS = {
    "sensu": {"username": "mira", "password": "Quarry7-Lantern"},
    "fusio": {
        "username": "mira",
        "password": "Quarry7-Lantern",
        "client_id": "app-one",
        "client_secret": "Tundra5-Copper1",
    },
    "rator": {
        "username": "mira",
        "password": "Quarry7-Lantern",
        "client_id": "app-one",
        "client_secret": "Tundra5-Copper1",
        "brand_key": "BRAND1",
    },
}


@pytest.fixture
def made_up() -> Callable[[str, str], dict[str, Any]]:
    """Describe a server of a dialect in the manner of a ready file, with credentials that are made up."""

    def describe(dialect: str, url: str) -> dict[str, Any]:
        return {"dialect": dialect, "url": url, "credentials": CREDENTIALS[dialect]}

    return describe


@pytest.fixture
def office(serve: Callable[..., Running], made_up: Callable[..., Any], write_target: Callable[..., Path]) -> Any:
    """Start a small OAuth server with brands and describe it in a target file: `office(credentials, limits, **ways)`."""

    def begin(
        credentials: Mapping[str, str] | None = None, limits: Mapping[str, Any] | None = None, **ways: Any
    ) -> tuple[Office, Path]:
        server = Office(**ways)
        facts = made_up("rator", serve(server.answer).url)
        tables = {"credentials": credentials or {}, "limits": {"requests_per_second": 500} | dict(limits or {})}
        return server, write_target(facts, **tables)

    return begin


@pytest.fixture
def judged(request: pytest.FixtureRequest) -> Callable[..., dict[str, Any]]:
    """Check clauses of a target file one by one; gives what each came to: `judged(path, "clause", …)`, or all of them."""

    def run(path: Path, *only: str) -> dict[str, Any]:
        session = TargetSession(read_target(path), Masker())
        request.addfinalizer(session.close)
        clauses = [c for c in session.target.dialect.clauses if not c.untested and (not only or c.id in only)]
        waiting = Waiting((session, clause) for clause in clauses)
        session.plan(clauses)
        return {clause.id: waiting.check(session, clause)[0] for clause in clauses}

    return run
