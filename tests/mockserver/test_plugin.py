"""The mock in pytest: default targets and the fixture."""

from __future__ import annotations

import subprocess
import sys

import pytest
import requests

from watchword.mockserver.plugin import pytest_watchword_default_targets
from watchword.specs.loader import bundled

pytest_plugins = ["pytester"]


def test_default_targets(pytestconfig: pytest.Config) -> None:
    """There is a running mock for each bundled dialect, with a clock, until it is closed."""
    targets = pytest_watchword_default_targets(pytestconfig)
    try:
        assert list(bundled()) == [target["dialect"] for target in targets]
        for target in targets:
            assert {"name", "dialect", "url", "resource_url", "credentials", "control", "issuer", "close"} == set(
                target
            )
            before = target["control"].now()
            reply = requests.get(target["url"] + "/nowhere", timeout=3)
            assert "/__watchword__/" == reply.headers["Watchword-Control"]
            assert target["control"].advance(60) - before >= 60
    finally:
        for target in targets:
            target["close"]()
    with pytest.raises(requests.ConnectionError):
        requests.get(targets[0]["url"], timeout=3)


def test_fixture(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fixture starts as many mocks as a test wants and stops them after it."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        """
        import pytest, requests
        urls = []
        def test_two(watchword_mock):
            first, second = watchword_mock("sensu"), watchword_mock("rator", profile="documented")
            urls.extend([first.url, second.url])
            assert first.origin != second.origin
            assert requests.get(first.url + "/auth").status_code == 401
        def test_gone():
            for url in urls:
                with pytest.raises(requests.ConnectionError):
                    requests.get(url)
        """
    )

    pytester.runpytest_subprocess("-p", "watchword.mockserver.plugin", "-q").assert_outcomes(passed=2)


def test_nothing_heavy() -> None:
    """A project that has Watchword installed and does not use it pays nothing at the start of pytest."""
    heavy = "asyncio yaml jsonschema click httptools requests watchword.specs.loader watchword.mockserver.launch"
    code = (
        "import pytest, sys; before = set(sys.modules); import watchword.mockserver.plugin;"
        f"print(sorted(set('{heavy}'.split()) & (set(sys.modules) - before)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    assert shown == "[]"
