"""A real browser, led by a WebDriver (W3C WebDriver), for what only a person at a page would see."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests

_OPTIONS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--window-size=1200,900",
]
_PATIENCE = 30.0
"""Seconds after which what was waited for will not happen; nothing waits so long that works."""

_SLOWEST = 300
"""Seconds that a script may take: axe looks at all of a long page, on a machine that may be busy."""


class Browser:
    """A window."""

    def __init__(self, driver: str, more: list[str]) -> None:
        self._http = requests.Session()
        self._http.trust_env = False
        options = {"args": [*_OPTIONS, *more]}
        asked = {
            "capabilities": {
                "alwaysMatch": {
                    "browserName": "chrome",
                    "goog:chromeOptions": options,
                    "timeouts": {"script": _SLOWEST * 1000},
                }
            }
        }
        made = self._http.post(f"{driver}/session", json=asked, timeout=60).json()["value"]
        self._session = f"{driver}/session/{made['sessionId']}"

    def open(self, url: str) -> None:
        """Go to an address."""
        self._ask("url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page, which may return a value or the promise of one."""
        return self._ask("execute/sync", {"script": script, "args": arguments})

    def until(self, script: str) -> Any:
        """Wait until a script returns something that is true."""
        end = time.monotonic() + _PATIENCE
        while not (found := self.run(script)):
            assert time.monotonic() < end, f"it never came to: {script}\n{self.run('return document.body.innerText')}"
            time.sleep(0.02)
        return found

    def violations(self, axe: Path) -> list[str]:
        """Tell what axe finds wrong with the page, as it is now, by the rules of WCAG and its own good practice."""
        self.run(axe.read_text(encoding="utf-8") + "; window.axe = axe;")
        found = self.run("return window.axe.run().then(r => r.violations.map(v => [v.id, v.help, v.nodes[0].html]))")
        return [": ".join(one) for one in found]

    def devtools(self, command: str, **parameters: Any) -> Any:
        """Give the browser a command of the DevTools protocol, for what WebDriver has none for."""
        return self._ask("goog/cdp/execute", {"cmd": command, "params": parameters})

    def close(self) -> None:
        """Close the window."""
        self._http.delete(self._session, timeout=60)
        self._http.close()

    def _ask(self, command: str, body: dict[str, Any]) -> Any:
        reply = self._http.post(f"{self._session}/{command}", json=body, timeout=_SLOWEST)
        value = reply.json()["value"]
        assert 200 == reply.status_code, value
        return value


@contextlib.contextmanager
def browsing(chromedriver: str) -> Iterator[Callable[..., Browser]]:
    """Start a driver; what is given opens windows, which all are closed in the end."""
    process = subprocess.Popen([chromedriver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    windows: list[Browser] = []
    try:
        assert process.stdout is not None
        port = next(
            line.rstrip(".\n").rpartition(" ")[2] for line in process.stdout if "on port" in line and "success" in line
        )

        def window(*more: str) -> Browser:
            windows.append(Browser(f"http://127.0.0.1:{port}", [*more]))
            return windows[-1]

        yield window
    finally:
        for one in windows:
            one.close()
        process.terminate()
        process.communicate()
