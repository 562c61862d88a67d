"""The closed vocabulary: unique words that hang together, and an explanation for each."""

from __future__ import annotations

import re

import pytest

from watchword.specs.vocabulary import conditions, guarantees
from watchword.specs.vocabulary.condition import CONCERNS, GRAVITIES, PRESUMPTIONS, REQUIREMENTS, Condition, one_each
from watchword.specs.vocabulary.conditions import CONDITIONS, broader
from watchword.specs.vocabulary.guarantees import GUARANTEES, Guarantee
from watchword.specs.vocabulary.roles import CREDENTIALS, PLACES, PURPOSES, ROLES, SECRET_ROLES

every_condition = pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
every_guarantee = pytest.mark.parametrize("guarantee", GUARANTEES.values(), ids=GUARANTEES)
WORD = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


def test_no_row_is_lost() -> None:
    """No two rows have one name, neither in one of the lists nor over both."""
    rows = [*conditions._ROWS, *guarantees._PROPERTIES]

    assert len(rows) == len({row.name for row in rows}) == len(CONDITIONS) + len(GUARANTEES)


@every_condition
def test_condition(condition: Condition) -> None:
    """A condition is `subject.defect`, says what is wrong, and speaks of roles, places and purposes that exist."""
    assert WORD.fullmatch(condition.name)
    assert condition.name.startswith(f"{condition.subject}.")
    assert len(condition.says) >= 15
    assert condition.says[:1].islower()
    assert not condition.says.endswith(".")
    assert condition.role in (None, *ROLES)
    assert set(condition.places) <= set(PLACES)
    assert set(condition.purposes) <= set(PURPOSES)
    assert set(condition.needs) <= set(CREDENTIALS)
    assert condition.spends in (None, "username", "operator_username", "client_id")
    assert condition.gravity in GRAVITIES
    assert condition.concerns in CONCERNS
    assert condition.presumes in (None, *PRESUMPTIONS)


def test_no_word_about_conditions_is_idle() -> None:
    """Every gravity, concern, requirement and presumption is that of some row, and rows have no others."""
    rows = CONDITIONS.values()

    assert set(GRAVITIES) == {row.gravity for row in rows}
    assert set(CONCERNS) == {row.concerns for row in rows}
    assert set(REQUIREMENTS) == {name for row in rows for name in row.requires}
    assert {None, *PRESUMPTIONS} == {row.presumes for row in rows}


@every_condition
def test_who_pays(condition: Condition) -> None:
    """A wrong secret is charged to the account that is named beside it, and what names nobody is charged to nobody."""
    account = {"password": "username", "operator_password": "operator_username"}.get(condition.role or "")

    assert account == condition.spends
    assert not (condition.spends and condition.names_nobody)


@pytest.mark.parametrize("role", ["username", "operator_username", "client_id"])
def test_who_names_nobody(role: str) -> None:
    """A name that is left out, empty, unknown, no text or of another kind of account is nobody's; one in other letters may be somebody's."""
    nameless = {
        row.name.removeprefix(f"{role}.") for row in CONDITIONS.values() if row.role == role and row.names_nobody
    }

    assert {"empty", "unknown"} <= nameless <= {"missing", "empty", "unknown", "wrong_type", "is_operator", "is_user"}


def test_two_ways_are_one_too_many() -> None:
    """Tables that are joined have each condition once."""
    assert {"a.b": 1, "c.d": 2} == one_each({"a.b": 1}, {"c.d": 2})
    with pytest.raises(ValueError, match=r"a\.b stands in two tables"):
        one_each({"a.b": 1}, {"a.b": 2})


@every_condition
def test_broader(condition: Condition) -> None:
    """A special case hangs on a condition that exists, of the same subject, and nothing hangs on itself."""
    above = broader(condition.name)

    assert set(above) <= set(CONDITIONS)
    assert condition.name not in above
    assert len(set(above)) == len(above)
    assert {condition.subject} >= {CONDITIONS[name].subject for name in above}
    assert (condition.broader is None) == (above == ())


@every_condition
def test_broader_applies_as_well(condition: Condition) -> None:
    """Wherever a special case can be provoked, the condition above it is of the same role."""
    assert {condition.role} >= {CONDITIONS[name].role for name in broader(condition.name)}


@every_guarantee
def test_guarantee(guarantee: Guarantee) -> None:
    """A guarantee is `subject.property`, says what it is, and is for operations of purposes that exist."""
    assert WORD.fullmatch(guarantee.name)
    assert len(guarantee.says) >= 15
    assert guarantee.says[:1].islower()
    assert not guarantee.says.endswith(".")
    assert guarantee.purposes
    assert set(guarantee.purposes) <= set(PURPOSES)
    assert set(guarantee.needs) <= set(CREDENTIALS)


@pytest.mark.parametrize(("name", "above"), [("password.truncated", ("password.wrong",)), ("password.wrong", ())])
def test_broader_of(name: str, above: tuple[str, ...]) -> None:
    """`broader` gives what is above a condition, the nearest first."""
    assert above == broader(name)


def test_roles() -> None:
    """Each role has an explanation, the secret ones are roles, and each credential is a role or another's twin."""
    assert [] == [role for role, says in ROLES.items() if len(says) < 15 or says.endswith(".")]
    assert set(ROLES) > SECRET_ROLES
    assert set(ROLES) >= {name.removeprefix("other_") for name in CREDENTIALS}
