"""Provoking wrong brand keys: missing, elsewhere, otherwise named, repeated, somebody else's."""

from __future__ import annotations

from dataclasses import replace

from watchword.specs.applies import other_binding
from watchword.specs.values.api import Binding
from watchword.specs.values.draft import Draft, Field
from watchword.suites.acting.context import Steps, succeeded
from watchword.suites.acting.provoke.work import (
    Rows,
    Work,
    body_place,
    emptied,
    main_binding,
    other_case,
    pure,
    truncated,
)
from watchword.suites.acting.steps import Call, NotApplicable

__all__ = ["ROWS"]

_ROLE = "brand_key"


def _renamed(draft: Draft, name: str) -> Draft:
    return draft.mapping(_ROLE, lambda f: (replace(f, name=name),))


def _other_separators(name: str) -> str:
    return (
        name.replace("-", "_") if "-" in name else name.replace("_", "-") if "_" in name else f"{name[:1]}-{name[1:]}"
    )


def _misplaced(draft: Draft, work: Work) -> Draft:
    other = other_binding(draft.operation, _ROLE, work.context.api)
    if other is None:
        raise NotApplicable("every operation carries the brand key in the same way")
    return draft.mapping(_ROLE, lambda f: (replace(f, place=other.place, name=other.name),))


def _superseded_binding(draft: Draft) -> Binding:
    place = main_binding(draft, _ROLE).place
    found = [b for b in draft.operation.bound(_ROLE) if b.standing == "superseded"]
    return min(found, key=lambda b: b.place != place)


def _other_brand(work: Work) -> Steps:
    """Give the key of the other brand, once a grant that asks for no user's word has shown that there is such a brand.

    A user who is refused under it may be so because he is no customer of that brand, and pays with a failed login.
    """
    context = work.context
    other = context.credential("other_brand_key")
    for operation in context.api.with_purpose("issue"):
        users = {"username", "operator_username"} & set(operation.required_roles)
        if not users and operation.bound(_ROLE):
            sketch = context.write(operation, context.values() | {_ROLE: other})
            shown = yield Call(sketch, "control", f"get tokens by {operation.name} for the other brand")
            if succeeded(shown.reply, operation):
                return other
    raise NotApplicable(
        "nothing shows that other_brand_key names a brand: no client is served under it in its own name"
    )


def _with_old_name(draft: Draft, work: Work) -> Steps:
    old = _superseded_binding(draft)
    return draft.adding(Field(old.place, old.name, (yield from _other_brand(work)), _ROLE))


def _truncated(draft: Draft, work: Work) -> Draft:
    if str(draft.value(_ROLE))[:-1] == work.context.target.credentials.get("other_brand_key"):
        raise NotApplicable("without its last character the brand key is the other brand's")
    return truncated(draft, work, _ROLE)


def _extended(draft: Draft, work: Work) -> Draft:
    longer = f"{draft.value(_ROLE)}x"
    if longer == work.context.target.credentials.get("other_brand_key"):
        raise NotApplicable("with one character more the brand key is the other brand's")
    return draft.setting(_ROLE, longer)


def _cased(draft: Draft, work: Work) -> Draft:
    main = main_binding(draft, _ROLE)
    return _renamed(draft, main.name.lower() if main.place == "header" else main.name.upper())


def _moved(draft: Draft, place: str, name: str) -> Draft:
    return draft.mapping(_ROLE, lambda f: (replace(f, place=place, name=name),))


def _in_body(draft: Draft, work: Work) -> Draft:
    return _moved(draft, body_place(draft), main_binding(draft, _ROLE).name)


def _misnamed(draft: Draft, work: Work) -> Draft:
    return _renamed(draft, _other_separators(main_binding(draft, _ROLE).name))


def _padded(draft: Draft, work: Work) -> Draft:
    # White space before a value is taken off by every client; behind it, it reaches the server.
    return draft.mapping(_ROLE, lambda f: (replace(f, value=f"{f.value}  "),))


def _under_old_name(draft: Draft, work: Work) -> Draft:
    old = _superseded_binding(draft)
    return _moved(draft, old.place, old.name)


def _in_other_place(draft: Draft, work: Work) -> Steps:
    other = yield from _other_brand(work)
    return draft.adding(Field(body_place(draft), main_binding(draft, _ROLE).name, other, _ROLE))


def _beside_its_own(draft: Draft, work: Work) -> Steps:
    other = yield from _other_brand(work)
    return draft.mapping(_ROLE, lambda f: (f, replace(f, value=other)))


def _for_another(draft: Draft, work: Work) -> Steps:
    return draft.setting(_ROLE, (yield from _other_brand(work)))


ROWS: Rows = {
    "brand_key.missing": pure(lambda draft, work: draft.without(_ROLE)),
    "brand_key.empty": pure(emptied, _ROLE),
    "brand_key.blank": pure(lambda draft, work: draft.setting(_ROLE, "  ")),
    "brand_key.unknown": pure(lambda draft, work: draft.setting(_ROLE, "WATCHWORD-NO-SUCH-BRAND")),
    "brand_key.truncated": pure(_truncated),
    "brand_key.extended": pure(_extended),
    "brand_key.misplaced": pure(_misplaced),
    "brand_key.in_body": pure(_in_body),
    "brand_key.misnamed": pure(_misnamed),
    "brand_key.superseded_name": pure(_under_old_name),
    "brand_key.superseded_conflict": _with_old_name,
    "brand_key.name_case": pure(_cased),
    "brand_key.value_case": pure(other_case, _ROLE),
    "brand_key.padded": pure(_padded),
    "brand_key.repeated": pure(lambda draft, work: draft.mapping(_ROLE, lambda f: (f, f))),
    "brand_key.conflicting": _beside_its_own,
    "brand_key.conflicting_places": _in_other_place,
    "brand_key.foreign": _for_another,
}
