"""Descriptions in Markdown, as the pages show them."""

from __future__ import annotations

import pytest

from watchword.mockserver.console.prose import inline, rendered


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a `b` *c*", "<p>a <code>b</code> <em>c</em></p>"),
        ("* one\n* two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        (
            "<b>bold</b> & <script>go()</script>",
            "<p>&lt;b&gt;bold&lt;/b&gt; &amp; &lt;script&gt;go()&lt;/script&gt;</p>",
        ),
        ("<script>\ngo()\n</script>", "<p>&lt;script&gt;\ngo()\n&lt;/script&gt;</p>"),
        ("[x](javascript:go())", "<p>[x](javascript:go())</p>"),
        ("[x](data:text/html,go)", "<p>[x](data:text/html,go)</p>"),
        ("[x](https://a.test)", '<p><a href="https://a.test">x</a></p>'),
        ("![x](https://a.test)", '<p>!<a href="https://a.test">x</a></p>'),
        ('`<i title="`', "<p><code>&lt;i title=&quot;</code></p>"),
    ],
)
def test_rendered(text: str, shown: str) -> None:
    """Markdown is shown as it is meant, HTML as it is written, and no link runs anything."""
    assert shown == rendered(text, below=1).strip()


def test_headings_fit_in() -> None:
    """The headings of a text stand below those of the page, with no level left out."""
    text = rendered("# First\n\n#### Second\n\n# Third", below=2)

    assert "<h3>First</h3>\n<h4>Second</h4>\n<h3>Third</h3>" == text.strip()


def test_tables_scroll() -> None:
    """A table has a frame in which it can be moved, by keyboard, too."""
    text = rendered("| a | b |\n|---|---|\n| 1 | `2` |", below=1)

    assert text.startswith('<div class="scroll" tabindex="0" role="region" aria-label="Table">\n<table>')
    assert text.endswith("</table>\n</div>\n")


def test_inline() -> None:
    """What stands in a cell has no paragraphs."""
    assert "a <code>b</code> &lt;c&gt;" == inline("a `b` <c>")
