"""What a dialect says of a rule about clients."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Manner"]


@dataclass(frozen=True, slots=True)
class Manner:
    """One rule about clients, as a dialect has it: how much it binds, and where that is written.

    `level` is must, should or may; `basis` is documented, inferred, rfc or silent. `reason` says why the rule means nothing
    there; None where it does.
    """

    name: str
    says: str
    level: str
    basis: str
    source: str
    reason: str | None = None
