"""What is made once of a value is made of that very value, and does not pile up."""

from __future__ import annotations

import itertools

from watchword.mockserver import prepared
from watchword.mockserver.prepared import Prepared


class Value:
    """Equal to every other one."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value)

    def __hash__(self) -> int:
        return 1


def test_the_same_object_is_made_of_once() -> None:
    """An equal one is another one, and so is the same one beside something else."""
    numbers = itertools.count(1)
    of = Prepared(lambda value, beside: (next(numbers), value, beside))
    one, other = Value(), Value()
    made = [of(one), of(one), of(other), of(one, other), of(one)]

    assert [1, 1, 2, 3, 1] == [number for number, *_ in made]
    assert one is made[0][1]
    assert other is made[3][2]


def test_it_does_not_pile_up() -> None:
    """Whoever brings new values all the time keeps no more of them than a bounded number, and each is right."""
    of = Prepared(lambda value, _: value[0])

    assert list(range(3 * prepared._MANY)) == [of([number]) for number in range(3 * prepared._MANY)]
    assert prepared._MANY >= len(of._known)
