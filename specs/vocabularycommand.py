"""`watchword vocabulary`: the words that dialects are written in, to be read."""

from __future__ import annotations

import click

from watchword.specs.cli import Command
from watchword.specs.errors import nearest
from watchword.specs.loader import schema
from watchword.specs.vocabularypage import SECTIONS, as_markdown, as_text, words_of

__all__ = ["vocabulary"]


@click.command(cls=Command, short_help="Print the words that dialects are written in.")
@click.argument("section", required=False, type=click.Choice(list(SECTIONS)))
@click.argument("word", nargs=-1)
@click.option("--markdown", is_flag=True, help="Print the whole page, docs/vocabulary.md.")
def vocabulary(section: str | None, word: tuple[str, ...], markdown: bool) -> None:
    """Print the words of a SECTION: what each means, where it applies, how it is provoked, and a row that uses it.

    With WORDs, only these, or all about a subject, as in `watchword vocabulary conditions password`. Without a SECTION,
    the sections are listed.
    """
    profiles = schema("profiles")
    if markdown:
        if section:
            raise click.UsageError("--markdown prints all sections: leave out the section")
        click.echo(as_markdown(profiles), nl=False)
        return
    if section is None:
        for name, about in SECTIONS.items():
            click.echo(f"{name:12}{len(words_of(name, profiles)):4}  {about}")
        return
    known = words_of(section, profiles)
    for one in word:
        if not any(_meant(one, entry.name) for entry in known):
            raise click.UsageError(f"there is no {one!r} among the {section}: {nearest(one, [w.name for w in known])}")
    for line in as_text(w for w in known if not word or any(_meant(one, w.name) for one in word)):
        click.echo(line)


def _meant(word: str, name: str) -> bool:
    return name == word or name.startswith(f"{word}.")
