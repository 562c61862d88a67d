"""Markdown, in which descriptions are written, as HTML that fits into a page of ours and runs nothing."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

__all__ = ["inline", "rendered"]


def rendered(text: str, *, below: int) -> Markup:
    """Render a text; its headings stand below one of the level `below`. HTML in it is shown as it is written."""
    tokens = _parser().parse(text)
    headings = [token for token in tokens if token.type.startswith("heading_")]
    # Whatever levels a text uses, none is left out between those of the page.
    levels = sorted({token.tag for token in headings})
    for token in headings:
        token.tag = f"h{min(6, below + 1 + levels.index(token.tag))}"
    return Markup(_parser().renderer.render(tokens, _parser().options, {}))  # noqa: S704 - the parser escapes HTML


def inline(text: str) -> Markup:
    """Render a text that stands in a line: code, emphasis and links, and no paragraphs."""
    return Markup(_parser().renderInline(text))  # noqa: S704 - the parser escapes HTML


@functools.cache
def _parser() -> MarkdownIt:
    # OpenAPI speaks of CommonMark, and viewers know tables, too. A picture could not be loaded: the page works offline.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    return parser


def _table_open(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    return '<div class="scroll" tabindex="0" role="region" aria-label="Table">\n<table>\n'


def _table_close(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    return "</table>\n</div>\n"
