"""What faults mean to whoever builds a client: the groups in which they are listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from watchword.mockserver.faults.fault import Fault
from watchword.mockserver.orders.kinds import KINDS
from watchword.specs.loader import Dialect

__all__ = ["GROUPS", "grouped"]

_CONNECTION = "The connection fails, or is slow"
_TROUBLE = "The server is busy or broken, or somebody else answers"
_REFUSED = "A right request is refused, or led elsewhere"
_EXPIRY = "Expiries are not what is told"
_TOKENS = "Tokens and sessions are not what they seem"
_SHAPE = "A reply is not as described"
_OTHERWISE = "A wrong request is refused in another way"
_SERVED = "A wrong request is served"

GROUPS = (_CONNECTION, _TROUBLE, _REFUSED, _EXPIRY, _TOKENS, _SHAPE, _OTHERWISE, _SERVED)
"""The groups, those first that every client meets one day."""

_OF_KINDS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("timeout", "reset", "drop", "lost-reply", "half-body", "slow", "dribble"), _CONNECTION)
    | dict.fromkeys(("unauthorized", "redirect"), _REFUSED)
    | dict.fromkeys(("unknown-members", "no-refresh-token", "lower-case-bearer"), _SHAPE)
)

# By the stage and the beginning of the name; the first that fits. The empty name fits all.
_ROWS: tuple[tuple[str, str, str], ...] = (
    ("transport", "", _CONNECTION),
    ("reply", "right-500", _TROUBLE),
    ("reply", "every-third:right-500", _TROUBLE),
    ("reply", "right-203", _SHAPE),
    ("reply", "right-", _REFUSED),
    ("reply", "", _SHAPE),
    ("dialect", "only-", _REFUSED),
    ("dialect", "reads-elsewhere", _REFUSED),
    ("dialect", "json-only", _REFUSED),
    ("dialect", "form-only", _REFUSED),
    ("dialect", "client-in-body-only", _REFUSED),
    ("dialect", "past:", _EXPIRY),
    ("dialect", "milliseconds:", _EXPIRY),
    ("dialect", "swapped:", _EXPIRY),
    ("dialect", "late:", _EXPIRY),
    ("dialect", "zero:", _EXPIRY),
    ("dialect", "constant:", _EXPIRY),
    ("dialect", "lives-longer", _EXPIRY),
    ("dialect", "ends-early", _EXPIRY),
    ("dialect", "expires-at-once", _EXPIRY),
    ("dialect", "never-expires", _EXPIRY),
    ("dialect", "shorter", _EXPIRY),
    ("dialect", "stale", _EXPIRY),
    ("dialect", "", _TOKENS),
    ("verdict", "answers-", _OTHERWISE),
    ("verdict", "", _SERVED),
)


def _group(fault: Fault) -> str:
    return next(
        (group for stage, begin, group in _ROWS if fault.stage == stage and fault.name.startswith(begin)), _SHAPE
    )


def _fits(fault: Fault, dialect: Dialect, purpose: str | None) -> bool:
    operation = dialect.api.operations.get(fault.name.partition("@")[2])
    # What is of no single operation concerns them all.
    return purpose is None or operation is None or operation.purpose == purpose


def grouped(dialect: Dialect, purpose: str | None = None) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Give the faults by group: names and sentences, those first that are the same for every dialect.

    `purpose` limits them to what can happen at operations of that purpose, in the words of descriptions.
    """
    # The catalogue wants the register, which a mock that tells the truth does without.
    from watchword.mockserver.faults.catalogue import catalogue

    found: dict[str, list[tuple[str, str]]] = {group: [] for group in GROUPS}
    for kind in KINDS.values():
        found[_OF_KINDS.get(kind.name, _TROUBLE)].append((kind.name, f"The server {kind.says}."))
    for fault in catalogue(dialect).values():
        if _fits(fault, dialect, purpose):
            found[_group(fault)].append((fault.name, fault.says))
    return ((group, rows) for group, rows in found.items() if rows)
