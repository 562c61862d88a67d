"""What an opened clause shows: what was expected and seen, once; the evidence in the order of its weight; what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from watchword.reports.causes import parted
from watchword.reports.legible import legible
from watchword.reports.page.highlight import marked
from watchword.reports.records import ClauseRecord, ExchangeRecord
from watchword.reports.wording import GRAVITY_MEANING

__all__ = ["Evidence", "advice", "compared", "elsewhere", "evidence"]

_PROVIDED = "where "
"""What is expected only of some replies begins with this, and says of which."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The exchanges of a clause: the judged one, the control that it is to be seen beside, and the others in their order."""

    judged: ExchangeRecord | None
    control: ExchangeRecord | None
    others: tuple[ExchangeRecord, ...]


def evidence(record: ClauseRecord) -> Evidence:
    """Tell the exchanges of a clause apart."""
    judged = record.judged
    control = next((e for e in reversed(record.exchanges) if e.step == "control" and e is not judged), None)
    others = tuple(e for e in record.exchanges if e is not judged and e is not control)
    return Evidence(judged, control, others)


def compared(record: ClauseRecord) -> list[tuple[Markup, Markup]]:
    """Give what was expected beside what was seen: a pair for each difference, or one where nothing differs."""
    pairs = [parted(difference) for difference in record.differences] or [(record.expected, record.observed)]
    if record.judgement.broken:
        return [marked(expected, seen) for expected, seen in pairs]
    # Who expected nothing else than the rule, which stands above it, and was not disappointed has seen just that.
    return [(escape(legible(expected)), escape(legible(seen))) for expected, seen in pairs if expected or seen]


def advice(record: ClauseRecord) -> str:
    """Say what somebody has to do about a broken clause; empty where there is nothing to do."""
    if not record.judgement.broken or not record.about:
        return ""
    where = record.operation or "the server"
    if record.conditions and record.check.startswith(record.conditions[0]):
        first, _, last = record.expected.rpartition(", ")
        wanted = f"{first} and {last}" if first else last
        said = f"Let {where} answer with {wanted} when {record.about}."
        if record.expected.startswith(_PROVIDED):
            case, _, then = record.expected.partition(": ")
            said = f"When {record.about}, let {where} answer, {case}, with {then}."
    else:
        said = f"Mend {where} so that this holds: {record.about}."
    means = GRAVITY_MEANING.get(record.gravity)
    return f"{said} As it is, {means}." if means else said


def elsewhere(versions: Mapping[str, str]) -> str:
    """Say how the known versions behave, those that do the same together."""
    grouped: dict[str, list[str]] = {}
    for name, does in versions.items():
        grouped.setdefault(does, []).append(name)
    if len(grouped) == 1 and len(versions) > 1:
        return f"{next(iter(grouped))}, in all {len(versions)} that are known"
    return "; ".join(f"{', '.join(names)}: {does}" for does, names in grouped.items())
