"""The mock's page in a real browser: it follows the journal, pauses, and nothing of it shuts anybody out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.browser import Browser, browsing
from watchword.mockserver.launch import Running, start
from watchword.specs.loader import load_dialect

pytestmark = pytest.mark.needs("chromedriver")
REQUESTS = "return document.querySelectorAll('#live-requests tbody tr').length"
SAYS = "return document.querySelector('#live p').textContent"


@pytest.fixture(scope="module")
def window(tool: Callable[[str], str]) -> Iterator[Callable[..., Browser]]:
    """Open windows of a browser."""
    tool("chromium")
    with browsing(tool("chromedriver")) as window:
        yield window


@pytest.fixture
def mock() -> Iterator[Running]:
    """A mock that is looked at."""
    with start("sensu") as running:
        yield running


def log_in(mock: Running) -> dict[str, Any]:
    """Get tokens."""
    user = (mock.credentials["username"], mock.credentials["password"])
    return dict(requests.get(f"{mock.url}/auth", auth=user, timeout=5).json())


def test_follows_and_pauses(mock: Running, window: Callable[..., Browser]) -> None:
    """What is asked of the mock appears by itself, not while the page is paused, and again when it follows."""
    page = window()
    page.open(mock.control_url)
    page.until(f"{SAYS} === 'Following the journal.'")
    before = page.run(REQUESTS)
    log_in(mock)
    page.until(f"{REQUESTS} === {before + 1}")
    page.run("document.querySelector('#live button').focus(); document.querySelector('#live button').click()")
    log_in(mock)
    paused = page.run(f"return new Promise(done => setTimeout(() => done((() => {{ {REQUESTS} }})()), 700))")
    page.run("document.querySelector('#live button').click()")
    page.until(f"{REQUESTS} === {before + 2}")

    assert before + 1 == paused
    assert "BUTTON" == page.run("return document.activeElement.tagName")


def test_two_pages_and_the_end(mock: Running, window: Callable[..., Browser]) -> None:
    """A page that is left costs the others nothing, and one whose mock has ended says so."""
    left, kept = window(), window()
    for page in (left, kept):
        page.open(mock.control_url)
        page.until(f"{SAYS} === 'Following the journal.'")
    left.open("about:blank")
    log_in(mock)
    kept.until(f"{REQUESTS} > 0")
    mock.stop()
    kept.until(f"{SAYS}.startsWith('The mock does not answer')")


@pytest.mark.needs("axe")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [(1200, 900), (400, 800)], ids=["wide", "narrow"])
def test_axe(
    size: tuple[int, int], dark: bool, mock: Running, window: Callable[..., Browser], tool: Callable[[str], str]
) -> None:
    """With tokens, refusals and a renewal on it, the page has nothing that axe objects to, and does not scroll sideways."""
    tokens = log_in(mock)
    requests.get(f"{mock.url}/auth", auth=("nobody", "Wrong7-Words"), timeout=5)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    asked = {"refresh_token": tokens["refresh_token"]}
    requests.post(f"{mock.url}/auth/token", json=asked, headers=bearer, timeout=5)
    page = window(
        f"--window-size={size[0]},{size[1]}",
        *(["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if dark else []),
    )
    page.open(mock.control_url)
    page.until(f"{SAYS} === 'Following the journal.'")

    assert page.run("return matchMedia('(prefers-color-scheme: dark)').matches") is dark
    assert [] == page.violations(Path(tool("axe")) / "axe.min.js")
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")


def test_sessions_and_clock(mock: Running, window: Callable[..., Browser]) -> None:
    """A session is ended, a clock moved and a fault forced by a button of the page, and the page shows it by itself."""
    tokens = log_in(mock)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    namespaces = f"{mock.url}/api/core/v2/namespaces"
    page = window()
    page.open(mock.control_url)
    page.until(f"{SAYS} === 'Following the journal.'")
    before = mock.clock.now()
    press(page, "An hour later")
    page.until(f"{SAYS} === 'Done: An hour later.'")

    assert 3600 <= mock.clock.now() - before
    assert 401 == requests.get(namespaces, headers=bearer, timeout=5).status_code

    press(page, "Next call: 503")
    page.until("return document.querySelector('#live-faults tbody tr') !== null")

    assert 503 == requests.get(namespaces, headers=bearer, timeout=5).status_code

    bearer = {"Authorization": f"Bearer {log_in(mock)['access_token']}"}
    page.until("return document.querySelectorAll('#live-sessions tbody tr').length === 2")
    press(page, "End")
    page.until(f"{SAYS} === 'Done: End.'")

    assert 401 == requests.get(namespaces, headers=bearer, timeout=5).status_code

    press(page, "Forget all sessions and faults")
    page.until("return document.querySelector('#live-sessions table') === null")
    press(page, "Just before the access token is over")
    page.until(f"{SAYS}.includes('log in first')")


def press(page: Browser, name: str) -> None:
    """Press the first button of that name by the keyboard's way: it is focused, and activated."""
    page.run(
        f"const b = [...document.querySelectorAll('button')].find(b => b.textContent === '{name}'); b.focus(); b.click()"
    )


def test_copy(mock: Running, window: Callable[..., Browser]) -> None:
    """Each operation has a command line to copy; where a page may use no clipboard, the line is selected at least."""
    page = window()
    page.open(mock.control_url)
    page.until(f"{SAYS} === 'Following the journal.'")
    lines = page.run("return [...document.querySelectorAll('pre[aria-label]')].map(p => p.getAttribute('aria-label'))")
    copied = page.run(
        "Object.defineProperty(navigator, 'clipboard', {configurable: true, value: {writeText: text => { window.had = text; return Promise.resolve(); }}});"
        "document.querySelector('.copy').click(); return new Promise(done => setTimeout(() => done(window.had), 50))"
    )
    shown = page.run("return document.querySelector('pre[aria-label]').textContent")
    page.run(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined}); document.execCommand = () => false;"
        "document.querySelectorAll('.copy')[1].click()"
    )
    page.until("return document.querySelectorAll('.copy')[1].textContent === 'Selected'")

    assert list(load_dialect("sensu").api.operations) == lines
    assert shown == copied
    assert shown.startswith("curl ")
    assert page.run("return getSelection().toString() === document.querySelectorAll('pre[aria-label]')[1].textContent")


@pytest.mark.needs("axe")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [(1200, 900), (400, 800)], ids=["wide", "narrow"])
def test_the_description(
    size: tuple[int, int], dark: bool, window: Callable[..., Browser], tool: Callable[[str], str]
) -> None:
    """The description is a page to read: all is on it, its Markdown is rendered, no name breaks, and it shuts nobody out."""
    page = window(
        f"--window-size={size[0]},{size[1]}",
        *(["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if dark else []),
    )
    with start("rator") as mock:
        page.open(f"{mock.control_url}description")
    page.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    dialect = load_dialect("rator")

    assert "X-RATOR-brand-key" in page.run(
        "return [...document.querySelectorAll('.prose li code')].map(c => c.textContent)"
    )
    assert [] == page.run(
        "return [...document.querySelectorAll('td code')].filter(c => c.getClientRects().length > 1).map(c => c.textContent)"
    )
    assert list(dialect.api.operations) == page.run(
        "return [...document.querySelectorAll('section h2')].map(h => h.id).filter(id => id !== 'whole')"
    )
    assert {clause.id for clause in dialect.clauses} == set(
        page.run("return [...document.querySelectorAll('.rules code')].map(c => c.textContent)")
    )
    assert [] == page.violations(Path(tool("axe")) / "axe.min.js")
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")
