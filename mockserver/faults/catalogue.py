"""The catalogue: for any dialect, every fault that its description, register and documented profile give rise to."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from watchword.mockserver.faults.afterwards import forgetting_faults
from watchword.mockserver.faults.clients import client_faults
from watchword.mockserver.faults.fault import Fault
from watchword.mockserver.faults.metadata import metadata_faults
from watchword.mockserver.faults.places import place_faults
from watchword.mockserver.faults.reply import reply_faults
from watchword.mockserver.faults.revocations import lasting_faults
from watchword.mockserver.faults.rules import dialect_faults
from watchword.mockserver.faults.told import told_faults
from watchword.mockserver.faults.transport import transport_faults
from watchword.mockserver.faults.verdict import verdict_faults
from watchword.specs.errors import SpecError
from watchword.specs.loader import Dialect

__all__ = ["catalogue", "find_fault"]


@functools.lru_cache(maxsize=16)
def catalogue(dialect: Dialect) -> Mapping[str, Fault]:
    """Give every fault of a dialect by its name, in a stable order.

    Raises:
        ValueError: two faults have one name.
    """
    profile = dialect.profile("documented")
    declared = dialect.declared or {}
    found: dict[str, Fault] = {}
    for fault in (
        *verdict_faults(dialect, profile),
        *forgetting_faults(dialect, profile),
        *dialect_faults(dialect, profile),
        *client_faults(dialect, profile),
        *place_faults(dialect),
        *reply_faults(dialect, profile),
        *metadata_faults(dialect, profile),
        *told_faults(dialect, profile),
        *lasting_faults(dialect),
        *transport_faults(dialect),
    ):
        if fault.name in found:
            raise ValueError(f"two faults are called {fault.name}")
        found[fault.name] = replace(fault, breaks=declared.get(fault.name, frozenset()))
    return MappingProxyType(found)


def find_fault(dialect: Dialect, name: str, others: Iterable[str] = ()) -> Fault:
    """Give one fault.

    Raises:
        SpecError: there is none of that name; the hint names the nearest, of these or of `others` that may have been meant.
    """
    faults = catalogue(dialect)
    if name not in faults:
        near = difflib.get_close_matches(name, [*faults, *others], n=1, cutoff=0.6)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise SpecError(
            dialect.folder, None, f"there is no fault {name!r}", f"{hint}`--fault list` shows all {len(faults)}"
        )
    return faults[name]
