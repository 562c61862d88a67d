"""Recognising wrong brand keys: missing, elsewhere, otherwise named, repeated, somebody else's."""

from __future__ import annotations

from typing import Any

from watchword.mockserver.rules.case import Case, Rows
from watchword.specs.applies import other_binding

__all__ = ["RIGHT", "ROWS"]


def _brand(case: Case, standing: str = "main") -> list[Any]:
    return case.every("brand_key", standing)


def _brand_in_body(case: Case) -> bool:
    name = case.main("brand_key").name
    return not _brand(case) and bool(case.reading.at("form", name) or case.reading.at("json", name))


def _brand_cased(case: Case) -> bool:
    if case.main("brand_key").place == "header":
        name = case.main("brand_key").name
        return any(n != name and n.lower() == name.lower() for n, _ in case.reading.request.headers)
    return not _brand(case) and bool(case.named_otherwise(lambda name, main: name.lower() == main.lower()))


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


def _brand_missing(case: Case) -> bool:
    cased = _brand_cased(case) and not _brand(case)
    return not (_brand(case) or _brand(case, "superseded") or _brand_in_body(case) or cased)


def _brand_empty(case: Case) -> bool:
    # Wherever it was found: a key that is read from the form or under an older name is as empty there.
    value = case.value("brand_key")
    return isinstance(value, str) and not value.strip()


def _brand_misplaced(case: Case) -> bool:
    other = other_binding(case.operation, "brand_key", case.api)
    return _brand_missing(case) and other is not None and bool(case.reading.at(other.place, other.name))


def _brand_misnamed(case: Case) -> bool:
    alike = case.named_otherwise(lambda name, main: name.lower() != main.lower() and _plain(name) == _plain(main))
    return _brand_missing(case) and bool(alike)


def _brand_foreign(case: Case) -> bool:
    if case.brand is None:
        return False
    token = case.refresh or case.access
    if token is not None:
        return token.session.brand is not None and token.session.brand != case.brand
    return case.user is not None and case.brand not in case.user.brands


def _brand_truncated(case: Case) -> bool:
    value = case.value("brand_key")
    if not isinstance(value, str) or not value.strip() or case.brand is not None:
        return False
    return any(brand.startswith(value) for brand in case.world.data.brands)


def _brand_extended(case: Case) -> bool:
    value = case.value("brand_key")
    if not isinstance(value, str) or case.brand is not None:
        return False
    return any(value.startswith(brand) for brand in case.world.data.brands)


def _differ(left: list[Any], right: list[Any]) -> bool:
    return bool(left) and bool(right) and set(left) != set(right)


ROWS: Rows = {
    "brand_key.missing": _brand_missing,
    "brand_key.empty": _brand_empty,
    "brand_key.blank": lambda case: _brand_empty(case) and case.value("brand_key") != "",
    "brand_key.unknown": lambda case: (
        isinstance(case.value("brand_key"), str) and bool(case.value("brand_key").strip()) and case.brand is None
    ),
    "brand_key.truncated": _brand_truncated,
    "brand_key.extended": _brand_extended,
    "brand_key.misplaced": _brand_misplaced,
    "brand_key.in_body": _brand_in_body,
    "brand_key.misnamed": _brand_misnamed,
    "brand_key.superseded_name": lambda case: not _brand(case) and bool(_brand(case, "superseded")),
    "brand_key.superseded_conflict": lambda case: _differ(_brand(case), _brand(case, "superseded")),
    "brand_key.name_case": _brand_cased,
    "brand_key.value_case": lambda case: (
        case.brand is not None and str(case.value("brand_key") or case.brand).strip() != case.brand
    ),
    "brand_key.padded": lambda case: (
        bool(_brand(case)) and _brand(case)[0] != _brand(case)[0].strip() and bool(_brand(case)[0].strip())
    ),
    "brand_key.repeated": lambda case: len(_brand(case)) > 1 and len(set(_brand(case))) == 1,
    "brand_key.conflicting": lambda case: len(set(_brand(case))) > 1,
    "brand_key.conflicting_places": lambda case: _differ(_brand(case), _brand(case, "alternative")),
    "brand_key.foreign": _brand_foreign,
}


def _brand_right(case: Case) -> bool:
    found = _brand(case)
    return (
        len(found) == 1
        and found[0] == case.brand
        and not _brand(case, "superseded")
        and not _brand(case, "alternative")
        and not _brand_cased(case)
        and not _brand_foreign(case)
    )


RIGHT: Rows = {"brand_key": _brand_right}
