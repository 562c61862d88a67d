"""Pictures of the report, to be looked at, and what axe has to say of each page: `make pictures`, or

    python -m tests.pictures FOLDER [NAME…]

Runs the suites against mocks with one fault each, and has a browser draw every page wide, narrow, dark, without scripts and
on paper. Its exit code is 1 where axe finds anything, where a page scrolls sideways, or where one of them is empty.
"""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser import Browser, browsing

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / ".venv-node" / "node_modules" / "axe-core" / "axe.min.js"
WATCHWORD = Path(sys.executable).with_name("watchword")
TALLEST = 7000
"""Pixels of a page that a picture shows; the rest of a long one looks the same."""
OPEN = "for (const each of document.querySelectorAll('.cause, .cause .clause, .filters')) each.open = true"
FLAGS = {
    "wide": ("--window-size=1200,900",),
    "narrow": ("--window-size=420,900",),
    "dark": ("--window-size=1000,900", "--blink-settings=preferredColorScheme=0"),
    "no-script": ("--window-size=1200,900", "--blink-settings=scriptEnabled=false"),
}


@dataclass(frozen=True)
class Server:
    """A mock to be tested: its dialect, its faults, its name as a target, and what the target file says otherwise."""

    dialect: str
    faults: tuple[str, ...] = ()
    name: str = "staging"
    password: str = ""


RUNS: dict[str, tuple[Server, ...]] = {
    "good": (Server("rator"),),
    "any-password": (Server("sensu", ("accepts:password.wrong@createToken",)),),
    "dead-token": (Server("rator", ("dead-token@issueByPassword",)),),
    "server-error": (Server("fusio", ("answers-500:access_token.unknown@whoami",)),),
    "no-challenge": (Server("sensu", ("refusal-www-authenticate@createToken",)),),
    "no-expiry": (Server("sensu", ("missing:expires_at@createToken",)),),
    "preflight": (Server("sensu", password="not-the-one"),),
    "two-targets": (
        Server("sensu", name="staging"),
        Server("sensu", ("never-expires",), "production"),
    ),
}
"""What is shown: a right server, five that are wrong in different ways, one that lets nobody in, two side by side."""


@contextlib.contextmanager
def served(server: Server, folder: Path) -> Iterator[Path]:
    """Serve a mock, and give its target file."""
    ready = folder / f"{server.name}.json"
    words = [word for fault in server.faults for word in ("--fault", fault)]
    command = [str(WATCHWORD), "mock", server.dialect, "--port", "0", "--quiet", "--ready-file", str(ready), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        while not ready.exists() or not ready.read_text():
            if process.poll() is not None:
                raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        told: dict[str, Any] = json.loads(ready.read_text("utf-8"))
        credentials = told["credentials"] | ({"password": server.password} if server.password else {})
        lines = ["[target]", f'name = "{server.name}"', f'dialect = "{server.dialect}"']
        lines += [f"{key} = {json.dumps(told[key])}" for key in ("url", "resource_url")]
        lines += [
            "[credentials]",
            *(f"{role} = {json.dumps(value, ensure_ascii=False)}" for role, value in credentials.items()),
        ]
        lines += ["[limits]", "requests_per_second = 1000", "bad_logins = 100000"]
        file = folder / f"{server.name}.toml"
        file.write_text("\n".join(lines), "utf-8")
        yield file
    finally:
        process.terminate()
        process.communicate()


def reported(servers: Sequence[Server], page: Path) -> None:
    """Test some servers in one run, and keep its page."""
    with tempfile.TemporaryDirectory() as kept, contextlib.ExitStack() as stack:
        folder = Path(kept)
        targets = [stack.enter_context(served(server, folder)).name for server in servers]
        command = [str(WATCHWORD), "test", *targets, "--report-dir", "out"]
        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False)
        shutil.copy(folder / "out" / "report.html", page)


def draw(browser: Browser, page: Path, file: Path) -> None:
    """Draw all of a page, as far as it is not too long."""
    size = browser.devtools("Page.getLayoutMetrics")["cssContentSize"]
    # A window as tall as the page, because what is far outside of one is not laid out.
    shape = {"width": round(size["width"]), "height": min(round(size["height"]), TALLEST)}
    browser.devtools("Emulation.setDeviceMetricsOverride", deviceScaleFactor=1, mobile=False, **shape)
    drawn = browser.devtools("Page.captureScreenshot")
    browser.devtools("Emulation.clearDeviceMetricsOverride")
    file.write_bytes(base64.b64decode(drawn["data"]))


def looked_at(browser: Browser, page: Path, kind: str, folder: Path) -> list[str]:
    """Draw a page in one of the ways, and say what is wrong with it."""
    browser.open(page.as_uri())
    if kind == "no-script":
        draw(browser, page, folder / f"{page.stem}-{kind}.png")
        return []
    draw(browser, page, folder / f"{page.stem}-{kind}.png")
    if kind == "wide":
        printed = browser.devtools("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        (folder / f"{page.stem}-print.pdf").write_bytes(base64.b64decode(printed["data"]))
        browser.open(page.as_uri())
    browser.run(OPEN)
    found = browser.violations(AXE)
    if not browser.run("return document.documentElement.scrollWidth <= innerWidth"):
        found.append("it scrolls sideways")
    return [f"{page.name}, {kind}: {what}" for what in found]


def main() -> None:
    """Make the pages and pictures, and end with 1 where something is wrong with one."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    chromedriver = shutil.which("chromedriver")
    if chromedriver is None or not AXE.is_file():
        raise SystemExit("chromedriver is missing, or axe, which `make node-packages` installs")
    pages = []
    for name in sys.argv[2:] or RUNS:
        page = folder / f"{name}.html"
        reported(RUNS[name], page)
        pages.append(page)
    wrong = []
    with browsing(chromedriver) as window:
        for kind, flags in FLAGS.items():
            browser = window(*flags)
            for page in pages:
                wrong += looked_at(browser, page, kind, folder)
    told = wrong or [f"{len(pages)} pages, and axe finds nothing in any; the pictures are in {folder}"]
    sys.stdout.write("\n".join(told) + "\n")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
