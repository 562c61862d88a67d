"""How the known behaviours of right servers, a dialect's profiles, meet what a clause is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from watchword.specs.loader import Dialect
from watchword.specs.values.clause import Clause
from watchword.specs.values.profile import Profile, TokenForm
from watchword.specs.vocabulary import CONDITIONS, broader

__all__ = ["versions"]


def versions(dialect: Dialect, clause: Clause) -> dict[str, str]:
    """Say of each profile what it does, by its name; empty where profiles say nothing of what the clause is about."""
    found = {name: _does(profile, clause) for name, profile in dialect.profiles.items()}
    return found if all(found.values()) else {}


def _does(profile: Profile, clause: Clause) -> str:
    tells = _TOLD.get(clause.observe or clause.guarantee or "")
    if tells is not None:
        return tells(profile)
    operation = profile.operations.get(clause.operation or "")
    # Of several wrongs at once, and of what no operation is called for, the order of a server's checks decides.
    if operation is None or len(clause.when) != 1 or CONDITIONS[clause.when[0]].concerns == "route":
        return ""
    kinds = {clause.when[0], *broader(clause.when[0])}
    if clause.when[0] not in operation.accepts:
        for rule in operation.rules:
            if rule.condition in kinds:
                return f"answers {rule.reply.status}"
    return f"serves it, with {operation.reply.status}"


def _lifetime(token: TokenForm) -> str:
    return "for ever" if token.lifetime is None else f"{token.lifetime} seconds"


_TOLD: Mapping[str, Callable[[Profile], str]] = MappingProxyType(
    {
        "refresh.rotates": lambda profile: "replaces it" if profile.renewal.rotates else "keeps it",
        "access_token.form": lambda profile: profile.access_token.form,
        "access_token.lifetime": lambda profile: _lifetime(profile.access_token),
        "refresh_token.form": lambda profile: profile.refresh_token.form,
    }
)
"""What a profile says of properties that it may have or not."""
