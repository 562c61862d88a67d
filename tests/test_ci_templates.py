"""The templates for CI systems: each is what its public schema says, and its shell commands do what is told of them."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema.validators import validator_for

ROOT = Path(__file__).resolve().parent.parent
ACTION = ROOT / ".github/actions/watchword/action.yml"
WORKFLOW = ROOT / ".github/workflows/conformance.yml"
TEMPLATE = ROOT / ".gitlab/watchword.yml"
DOCUMENT = (ROOT / "docs/ci.md").read_text("utf-8")


def snippets(language: str) -> list[str]:
    """Give the code blocks of a language in the page about CI."""
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


class _Text(yaml.SafeLoader):
    """YAML in which `on` is a word, as it is to GitHub."""


_Text.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:bool"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Text.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def parsed(text: str) -> Any:
    """Read YAML."""
    return yaml.load(text, _Text)


JOBS, INCLUDING, AZURE = snippets("yaml")


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("github-actions", ACTION.read_text("utf-8")),
        ("github-workflows", WORKFLOW.read_text("utf-8")),
        ("github-workflows", f"on: push\n{JOBS}"),
        ("gitlab-ci", TEMPLATE.read_text("utf-8")),
        ("gitlab-ci", INCLUDING),
        ("azure-pipelines", AZURE),
    ],
    ids=["action", "workflow", "snippet for GitHub", "template", "snippet for GitLab", "snippet for Azure"],
)
def test_schema(schema, text):
    """Each file and each snippet is what the public schema of its CI system says."""
    spec = importlib.util.find_spec("check_jsonschema")
    assert spec is not None
    assert spec.origin is not None
    rules = json.loads(Path(spec.origin).with_name("builtin_schemas").joinpath("vendor", f"{schema}.json").read_text())
    found = [
        f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator_for(rules)(rules).iter_errors(parsed(text))
    ]

    assert [] == found


@pytest.mark.parametrize("text", [WORKFLOW.read_text("utf-8"), JOBS])
def test_inputs_exist(text):
    """A workflow gives the action inputs, and reads outputs, that it has."""
    action = parsed(ACTION.read_text("utf-8"))
    steps = parsed(text)["jobs"]["conformance"]["steps"]
    given = {name for step in steps if step.get("uses", "").endswith("watchword") for name in step.get("with", {})}
    read = set(re.findall(r"steps\.watchword\.outputs\.([\w-]+)", text))

    assert set() == given - set(action["inputs"]) | read - set(action["outputs"])


def test_no_input_becomes_shell():
    """What a caller gives reaches a shell as a variable, and is never pasted into its commands."""
    assert [] == [step["run"] for step in parsed(ACTION.read_text("utf-8"))["runs"]["steps"] if "${{" in step["run"]]


def shell(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script as the CI systems do: in a bash that ends at the first command that fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    env = {**os.environ, "PATH": path, **variables}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def act(folder: Path, **inputs: str) -> dict[str, subprocess.CompletedProcess[str]]:
    """Do what GitHub does with the action's steps after its installation, with the variables that it sets."""
    action = parsed(ACTION.read_text("utf-8"))
    values = {name: row["default"] for name, row in action["inputs"].items()} | inputs
    files = {name: str(folder / name.lower()) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    ended = {}
    for step in action["runs"]["steps"][1:]:
        assert "bash" == step["shell"]
        env = {k: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: values[m[1]], v) for k, v in step["env"].items()}
        assert [] == [value for value in env.values() if "${{" in value]
        ended[step["name"]] = shell(step["run"], folder, **files, **env)
    return ended


SOME = "--dialect sensu -k malformed"


def test_action_is_green(tmp_path):
    """On a right server the action is green, and leaves the summary, an annotation, the SARIF file and its output."""
    ended = act(tmp_path, arguments=SOME, gate="--partial")
    told = (tmp_path / "github_step_summary").read_text()

    assert {"Test": 0, "Show": 0, "Gate": 0} == {name: step.returncode for name, step in ended.items()}, ended
    assert "## ✓" in told
    assert "::notice title=" in ended["Show"].stdout
    assert "2.1.0" == json.loads((tmp_path / "watchword-report/watchword.sarif").read_text())["version"]
    assert "report-dir=watchword-report\n" == (tmp_path / "github_output").read_text()


def test_action_is_red_without_records(tmp_path):
    """A run that could not begin does not pass on the records of the one before."""
    old = tmp_path / "watchword-report" / "records.jsonl"
    old.parent.mkdir()
    old.write_text("{}\n")
    ended = act(tmp_path, targets="none.toml")

    assert (0, 0, 4) == tuple(ended[name].returncode for name in ("Test", "Show", "Gate"))
    assert "watchword test ended with 4" in ended["Test"].stdout


def test_action_gate_minds_what_was_left_out(tmp_path):
    """A run that was narrowed is not green unless somebody says so, in the template for GitLab as well."""
    job = parsed(TEMPLATE.read_text("utf-8"))[".watchword"]
    ended = shell("\n".join(job["script"]), tmp_path, **{**job["variables"], "WATCHWORD_ARGUMENTS": SOME})
    again = shell(job["script"][-1], tmp_path, **{**job["variables"], "WATCHWORD_GATE": "--partial"})

    assert (7, 0) == (ended.returncode, again.returncode), ended.stdout
    assert (tmp_path / "watchword-report/junit.xml").is_file()


def test_snippets_run_the_same_commands(tmp_path):
    """The commands for Jenkins and Azure are one another's, and end with 4 where no run could begin."""
    jenkins = re.findall(r"sh '''\n(.*?)'''", snippets("groovy")[0], re.DOTALL)[0]
    azure = next(step["bash"] for step in parsed(AZURE)["steps"] if "bash" in step)

    assert [line.strip() for line in jenkins.strip().splitlines()] == azure.strip().splitlines()
    assert 4 == shell(azure, tmp_path).returncode


@pytest.mark.parametrize(
    ("package", "expected"), [("", f"{ROOT}[suites]"), ("watchword[suites]>=1", "watchword[suites]>=1")]
)
def test_install(tmp_path, package, expected):
    """Without another package pip installs the revision that the action stands in, with what testing a server takes."""
    pip = tmp_path / "python"
    pip.write_text('#!/bin/sh\nfor last; do :; done; printf "%s" "$last"\n')
    pip.chmod(0o755)
    install = parsed(ACTION.read_text("utf-8"))["runs"]["steps"][0]
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    script = f'PATH="{path}"\n{install["run"]}'
    ended = shell(script, tmp_path, PACKAGE=package, HERE=str(ACTION.parent))

    place, bracket, extra = ended.stdout.partition("[")
    assert expected == (os.path.normpath(place) + bracket + extra if not package else ended.stdout)
