"""Whether a login that is refused encoded as in a form is served as it stands: then the server does not decode it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import unquote_plus

from watchword.specs.codec import basic_pair
from watchword.suites.acting.context import succeeded
from watchword.suites.acting.steps import Call, Exchange, Halt
from watchword.suites.running.session import TargetSession

__all__ = ["Undecoded", "taken_as_it_is"]


@dataclass(frozen=True, slots=True, repr=False)
class Undecoded:
    """A login that is served as it stands. `roles` are what may be encoded already, so that a right server decodes it."""

    roles: tuple[str, ...]
    exchange: Exchange


def taken_as_it_is(session: TargetSession, refused: Exchange) -> Undecoded | None:
    """Send a refused login once more, with its Basic credentials as they stand; None where nothing comes of it.

    It is not sent where encoding changes nothing, where the account of a user would be charged with it, or where the limits
    allow one bad login only.
    """
    draft = refused.call.draft
    operation = draft.operation
    plain = replace(operation, bindings=tuple(replace(b, encoded=False) for b in operation.bindings))
    asked = replace(draft, operation=plain)
    limit = session.budget.bad_logins
    users = {"username", "operator_username"} & set(operation.required_roles)
    if basic_pair(asked) == basic_pair(draft) or users or (limit is not None and limit < 2):
        return None
    try:
        exchange = session.probe.send(
            Call(asked, "prepare", "the right login, with its Basic credentials as they stand")
        )
    except Halt:
        # What the limits do not allow is not found out.
        return None
    if not succeeded(exchange.reply, operation):
        return None
    return Undecoded(
        tuple(f.role for f in asked.fields if f.place == "basic" and f.role and unquote_plus(str(f.value)) != f.value),
        exchange,
    )
