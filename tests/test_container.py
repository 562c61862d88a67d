"""The image and the examples around it, as far as they can be tried without a container: what they start, and how they ask."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
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


def test_the_image_can_be_built_of_that(tmp_path: Path) -> None:
    """What is let into the build makes the wheel that the whole checkout makes."""
    listed = run_git("ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    names = [name for name in listed if name.split("/")[0] in let_in and (ROOT / name).is_file()]
    for name in names:
        (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / "source" / name)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, tmp_path / "source"]
    done = subprocess.run(build, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    folders = {name for name in let_in if (ROOT / name).is_dir()}
    assert {f"watchword/{name}" for name in names if name.split("/")[0] in folders} == packed


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
