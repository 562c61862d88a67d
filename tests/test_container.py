"""The image and the examples around it, as far as they can be tried without a container: what they start, and how they ask."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from watchword.mockserver.command import mock

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PAGE = (ROOT / "docs" / "languages.md").read_text("utf-8")
BIN = Path(sys.executable).parent


def words(instruction: str) -> list[str]:
    """Give the words of an instruction of the Dockerfile in its exec form."""
    found = re.search(rf"^{instruction} (?:--\S+ |\\\n\s*CMD )*(\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found is not None
    parsed: list[str] = json.loads(found[1])
    return parsed


def block(name: str) -> Any:
    """Give a YAML block of the page."""
    found = re.search(rf"<!-- file: {re.escape(name)} -->\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return yaml.safe_load(found[1])


@pytest.fixture(params=[(), ("--tls",), ("--mutual-tls",)], ids=["http", "tls", "mutual"])
def started(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Start what the image starts, on a free port and with a ready file that is ours."""
    ready = tmp_path / "watchword-mock.json"
    own = {"8080": "0", "/tmp/watchword-mock.json": str(ready)}
    command = [own.get(word, word) for word in words("ENTRYPOINT")]
    environ = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.Popen(
        [*command, "sensu", *request.param], stdout=subprocess.PIPE, text=True, env=environ, cwd=tmp_path
    )
    assert process.stdout is not None
    # The command prints after it has written the file.
    process.stdout.readline()
    yield process, ready
    process.kill()
    process.communicate()


def is_healthy(ready: Path) -> bool:
    """Run the health check of the image."""
    check = [word.replace("/tmp/watchword-mock.json", str(ready)) for word in words("HEALTHCHECK")]
    return subprocess.run([sys.executable, *check[1:]], capture_output=True, check=False).returncode == 0


def test_the_health_check_works(started: tuple[subprocess.Popen[str], Path]) -> None:
    """It is green while the mock is up, over http, TLS and mutual TLS, and red when it is gone, however it went."""
    process, ready = started

    assert is_healthy(ready)
    process.kill()
    process.wait()
    assert ready.exists()
    assert not is_healthy(ready)


def test_the_image_is_small_and_unprivileged() -> None:
    """It is built in two stages on a slim Python, and runs as a user that is not root."""
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert 2 == len(stages)
    assert all(re.fullmatch(r"python:3\.\d+-slim", stage) for stage in stages)
    assert int(re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)[-1]) > 0
    assert DOCKERFILE.rindex("USER") < DOCKERFILE.index("ENTRYPOINT")


def test_the_image_has_what_it_is_built_of() -> None:
    """Every folder that is installed is let into the build, and nothing that a checkout collects."""
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}

    assert {"detection", "mockserver", "reports", "specs", "suites", "pyproject.toml", "README.md", "LICENSE"} <= let_in
    assert all((ROOT / name).exists() for name in let_in)


@pytest.fixture(scope="module")
def image() -> Iterator[tuple[Path, list[str]]]:
    """Build what the first stage builds, of what is let into the build; its requirements are those of the tests.

    Gives the folder that the second stage copies, and the names of the files that were let in.
    """
    listed = run_git("ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    names = [name for name in listed if name.split("/")[0] in let_in and (ROOT / name).is_file()]
    run = re.search(r"^RUN pip (install .*) --prefix=/installed \"(\.\[\w+\])\"$", DOCKERFILE, re.MULTILINE)
    assert run is not None
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        # The user of the image has to get in.
        folder.chmod(0o755)
        for name in names:
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / "source" / name)
        # What is installed here already is to stay.
        own = [
            "--ignore-installed",
            "--no-index",
            "--no-deps",
            "--no-build-isolation",
            "--disable-pip-version-check",
            "--quiet",
        ]
        pip = [sys.executable, "-m", "pip", *run[1].split(), *own, f"--prefix={folder / 'installed'}", run[2]]
        done = subprocess.run(pip, capture_output=True, text=True, check=False, cwd=folder / "source")
        assert 0 == done.returncode, done.stderr
        yield folder / "installed", names


def test_the_image_has_all_of_the_product(image: tuple[Path, list[str]]) -> None:
    """What is let into the build is installed, and nothing else."""
    installed, names = image
    house = next(installed.rglob("watchword/mockserver")).parent
    folders = {name.split("/")[0] for name in names if "/" in name}
    found = {str(path.relative_to(house)) for path in house.rglob("*") if path.is_file() and path.suffix != ".pyc"}

    assert {name for name in names if name.split("/")[0] in folders} == found


def test_the_image_runs(image: tuple[Path, list[str]]) -> None:
    """What the image starts listens, is healthy and ends by the image's signal, as a user who owns nothing."""
    installed, _ = image
    place = next(installed.rglob("watchword/mockserver")).parent.parent
    ready = installed.parent / "run" / "watchword-mock.json"
    ready.parent.mkdir()
    ready.parent.chmod(0o777)
    variables = dict(re.findall(r"(PYTHON\w+)=(\S+)", DOCKERFILE))
    environ = {
        **variables,
        "PATH": f"{installed / 'bin'}{os.pathsep}{BIN}",
        "PYTHONPATH": f"{place}{os.pathsep}{sysconfig.get_path('purelib')}",
    }
    numbers = re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)
    # Only root can become another, and only where a Python of the version is open to all.
    python = next((path for path in (Path(sys.executable), Path("/usr/bin/python3")) if is_open(path)), None)
    user = int(numbers[-1]) if os.geteuid() == 0 and python is not None else None
    if user is None or python is None:
        python = Path(sys.executable)
    own = {"8080": "0", "0.0.0.0": "127.0.0.1", "/tmp/watchword-mock.json": str(ready)}

    def command(instruction: str) -> list[str]:
        return [own.get(word, word).replace("/tmp/watchword-mock.json", str(ready)) for word in words(instruction)]

    script = shutil.which(words("ENTRYPOINT")[0], path=environ["PATH"])
    assert script == str(installed / "bin" / "watchword")
    mock = subprocess.Popen(
        [str(python), script, *command("ENTRYPOINT")[1:], "sensu"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
        cwd=ready.parent,
        user=user,
    )
    assert mock.stdout is not None
    first = mock.stdout.readline()
    check = [str(python), *command("HEALTHCHECK")[1:]]
    healthy = subprocess.run(check, env=environ, cwd=ready.parent, user=user, capture_output=True, check=False)
    owner = ready.stat().st_uid
    mock.send_signal(signal.Signals[re.findall(r"^STOPSIGNAL (\w+)$", DOCKERFILE, re.MULTILINE)[0]])
    _, err = mock.communicate()

    assert (True, 0, "") == (bool(first), mock.returncode, err)
    assert (0, b"") == (healthy.returncode, healthy.stderr)
    assert (user if user is not None else os.geteuid(), False) == (owner, ready.exists())


def is_open(python: Path) -> bool:
    """Tell whether a Python is of the version of this one, and whether everybody may read it and what is installed here."""
    if not python.exists():
        return False
    ways = (python.resolve(), Path(sysconfig.get_path("purelib")))
    tell = [str(python), "-c", "import sys; print(*sys.version_info[:2])"]
    told = subprocess.run(tell, capture_output=True, text=True, check=False).stdout.split()
    open_to_all = all(place.stat().st_mode & 0o005 == 0o005 for way in ways for place in (way, *way.parents))
    return open_to_all and told == [str(number) for number in sys.version_info[:2]]


def run_git(*words: str) -> str:
    """Run git in the checkout, and give what it prints."""
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True).stdout


def test_compose() -> None:
    """The mock of the Compose file takes its options, and its clients wait for its health."""
    services = block("compose.yaml")["services"]
    context = mock.make_context("mock", [*words("ENTRYPOINT")[2:], *services["mock"]["command"]])

    assert ("sensu", "harbour-lantern-7") == (context.params["dialect"], context.params["control_token"])
    assert "service_healthy" == services["tests"]["depends_on"]["mock"]["condition"]
    assert services["tests"]["environment"]["MOCK_TOKEN"] == context.params["control_token"]


def test_actions() -> None:
    """The steps of the workflow are commands that there are, and the service names a port and a token."""
    steps = [step["run"] for step in block("step.yml")["jobs"]["test"]["steps"] if "run" in step]
    service = block("service.yml")["jobs"]["test"]["services"]["mock"]

    started = next(step for step in steps if step.startswith("watchword mock"))
    assert mock.make_context("mock", started.split()[2:]).params["wait"]
    assert "watchword stop" in steps
    assert ["8080:8080"] == service["ports"]
    assert mock.params[[p.name for p in mock.params].index("control_token")].envvar in service["env"]
