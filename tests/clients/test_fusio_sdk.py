"""The SDK of Fusio against the mock, over a real socket.

The SDK names the exact versions of what it requires, which are not ours, so it lives in an environment of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = ROOT / "locks" / "sdk.txt"
UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def python() -> Path:
    """Give a Python that has the SDK; the environment is made once and kept in the checkout, out of git."""
    folder = ROOT / ".venv-fusio"
    python, stamp = folder / "bin" / "python", folder / ".installed"
    wanted = LOCK.read_text("utf-8")
    if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
        install: list[str | Path] = ["install", "--quiet", "--require-hashes", "--requirement", LOCK]
        # As the Makefile has it: uv is quick, and pip knows the way where uv does not.
        venv.create(folder, clear=True)
        if not UV.is_file() or subprocess.run([UV, "pip", *install, "--python", python], check=False).returncode:
            venv.create(folder, with_pip=True, clear=True)
            subprocess.run([python, "-m", "pip", "--disable-pip-version-check", *install], check=True)
        stamp.write_text(wanted, "utf-8")
    return python


@pytest.fixture(scope="module")
def session(python: Path) -> Iterator[dict[str, Any]]:
    """Run one session of the SDK against a mock, and give what came of each step."""
    with start(Service(load_dialect("fusio"))) as mock:
        script = Path(__file__).with_name("fusio_session.py")
        command: list[str | Path] = [python, script, mock.url, json.dumps(mock.credentials)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout) | {"username": mock.credentials["username"]}


def test_a_user_logs_in(session: dict[str, Any]) -> None:
    """The SDK's login gives a token and its lifetime, and a refresh token."""
    assert {"expires_in": 3600, "has_refresh_token": True} == session["login"]


def test_the_users_token_is_good(session: dict[str, Any]) -> None:
    """With the token of the login, the SDK learns who the user is."""
    assert session["username"] == session["user"]


def test_an_app_gets_its_token_by_itself(session: dict[str, Any]) -> None:
    """The SDK fetches a token with the client credentials when one is needed, and keeps it for the next call."""
    assert (session["username"], session["username"]) == (session["app"], session["app_again"])
    assert session["same_token"]


def test_scopes_are_joined_by_commas(session: dict[str, Any]) -> None:
    """The SDK asks for scopes with commas between them, and the mock understands and answers in the same way."""
    assert "authorization,default" == session["narrowed_scope"]


def test_an_unknown_token_is_reported(session: dict[str, Any]) -> None:
    """The SDK reads the message of a refusal."""
    assert "CommonMessageException: Invalid access token" == session["refused"]


def test_the_sdks_renewal_is_refused(session: dict[str, Any]) -> None:
    """The SDK renews with a bearer token where the API wants the client's credentials by Basic, so it gets no token."""
    # Real servers refuse that renewal too, and a mock that were kinder would hide it from whoever uses the SDK.
    assert session["renewal"].startswith("InvalidAccessTokenException: ")
    assert session["renewal"].endswith(" 400")
