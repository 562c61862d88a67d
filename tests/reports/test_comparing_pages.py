"""The pages that hold runs against each other, in a browser: nothing that axe objects to, nothing that scrolls sideways."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser import browsing
from watchword.reports.comparing import compare
from watchword.reports.differencepage import render as difference
from watchword.reports.history import point
from watchword.reports.merging import merged
from watchword.reports.page.document import render

OPEN = "document.querySelectorAll('details').forEach(each => each.open = true)"
PRINTED = """
  const [body, controls] = ['.cause .clause:not([open]) pre', '.controls'].map((name) => document.querySelector(name));
  return [body.checkVisibility(), body.getBoundingClientRect().height > 10, controls.checkVisibility()];
"""
"""Whether the evidence of a clause that nobody has opened is printed, and the controls."""


@pytest.fixture
def pages(tmp_path, run, clause):
    """Give two pages: two targets side by side with a trend, and the comparison of the two."""
    long = "status is 200, not 400; " * 20
    rows = [clause(clause=f"toy:rule.n{n}") for n in range(4)]
    worse = [replace(row, target="production") for row in rows]
    worse[1] = replace(worse[1], verdict="fail", differences=(long,))
    worse[2] = replace(worse[2], verdict="blocked", reason="the right request did not work")
    worse[3] = replace(worse[3], verdict="warn", gravity="form", document={"title": "A", "link": "https://a.invalid/"})
    options = {"selected": 4, "testable": 4}
    one = run(*rows, options=options)
    targets = ({"name": "production", "dialect": "toy"},)
    other = run(*worse, options=options, targets=targets, exit_code=1, started="2026-03-02T12:00:00Z")
    both = merged([one, other])
    past = [replace(point(both), started=f"2026-02-{day:02}T12:00:00Z") for day in range(1, 9)]
    made = {"both": render(both, past), "difference": difference(compare(one, other))}
    for name, page in made.items():
        (tmp_path / f"{name}.html").write_text(page, encoding="utf-8")
    return [tmp_path / f"{name}.html" for name in made]


@pytest.mark.needs("axe")
@pytest.mark.needs("chromium")
@pytest.mark.needs("chromedriver")
def test_axe(pages, tool):
    """Wide or narrow and dark, with everything open, axe finds nothing, nothing scrolls sideways, and evidence is printed."""
    axe = Path(tool("axe")) / "axe.min.js"
    found, printed = {}, []
    with browsing(tool("chromedriver")) as window:
        for flags in (
            ("--window-size=1200,900",),
            ("--window-size=400,800", "--force-dark-mode", "--blink-settings=preferredColorScheme=0"),
        ):
            browser = window(*flags)
            browser.open(pages[0].as_uri())
            browser.devtools("Emulation.setEmulatedMedia", media="print")
            printed.append(browser.run(PRINTED))
            browser.devtools("Emulation.setEmulatedMedia", media="")
            for page in pages:
                browser.open(page.as_uri())
                browser.run(OPEN)
                wide = browser.run("return document.documentElement.scrollWidth <= innerWidth")
                found[page.name, flags[0]] = (browser.violations(axe), wide)

    assert {key: ([], True) for key in found} == found
    assert 4 == len(found)
    assert [[True, True, False]] * 2 == printed
