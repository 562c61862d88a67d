"""Which targets a run has: those that are named, else those that somebody starts, each with a name of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from watchword.suites.options import Options
from watchword.suites.started import StartedServer
from watchword.suites.target import Target, TargetError, from_description, from_environment, read_target

__all__ = ["named", "started", "unambiguous"]


def named(options: Options, environ: Mapping[str, str]) -> list[Target]:
    """Read the targets that the command line names.

    Raises:
        TargetError: one is described wrongly.
    """
    targets = [read_target(path, environ) for path in options.targets]
    if options.url:
        targets.append(from_environment(options.url, options.dialect, environ))
    return targets


def started(offers: Iterable[StartedServer], wanted: str) -> list[Target]:
    """Make targets of the servers that were started; of one dialect only when it is `wanted`, and the others are closed.

    Raises:
        TargetError: nobody started such a one, or one is described wrongly; all are closed then.
    """
    offers = list(offers)
    try:
        targets = [from_description(offer) for offer in offers]
    except TargetError:
        for offer in offers:
            _let_go(offer.get("close"))
        raise
    chosen = [target for target in targets if wanted in ("", target.dialect.name)]
    for target in targets:
        if wanted not in ("", target.dialect.name):
            _let_go(target.close)
    if not chosen:
        known = ", ".join(sorted(target.dialect.name for target in targets))
        raise TargetError(
            "--dialect" if wanted else "--target",
            f"nobody can start a target of the dialect {wanted!r}; {known or 'none'} can be started"
            if wanted
            else "no target was given, and nobody can start one",
            "name one with --target FILE or --target-url URL --dialect NAME",
        )
    return chosen


def _let_go(close: Callable[[], None] | None) -> None:
    if close is not None:
        close()


def unambiguous(targets: Iterable[Target]) -> list[Target]:
    """Give every target a name of its own: a second one whose label is the same gets a number."""
    seen: dict[str, int] = {}
    found = []
    for target in targets:
        count = seen[target.label] = seen.get(target.label, 0) + 1
        found.append(target if count == 1 else replace(target, name=f"{target.name}-{count}"))
    return found
