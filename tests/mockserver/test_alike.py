"""Which token a presented one was made of is found as if all the newest were gone through, and without doing so."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Iterator

import pytest

from watchword.mockserver.clock import SeededIds
from watchword.mockserver.state.alike import Alike
from watchword.mockserver.state.tokens import FORMS, sign, unpack


def plainly(value: str, issued: OrderedDict[str, None]) -> bool:
    """The plain reading: go through them all."""
    jwt = unpack(value)
    if jwt is not None:
        return any(text.startswith(jwt.signed + ".") for text in issued)
    alike = (text for text in issued if len(text) == len(value))
    return any(sum(a != b for a, b in zip(text, value, strict=True)) <= 2 for text in alike)


def token(form: str, ids: SeededIds) -> str:
    """Make a token of a form."""
    return sign(f'{{"jti":"{ids.hex(32)}"}}', b"key") if form == "jwt" else FORMS[form](ids)


def altered(text: str, chance: random.Random) -> Iterator[str]:
    """A token with up to three other characters, cut short, longer, and with another signature."""
    for count in (1, 2, 2, 3, 4):
        letters = list(text)
        for at in chance.sample(range(len(text)), count):
            letters[at] = "_"
        yield "".join(letters)
    yield text[:-1]
    yield text + "0"
    yield text.rpartition(".")[0] + ".c2lnbmF0dXJl"


@pytest.mark.parametrize("form", ["jwt", *FORMS])
def test_found_as_if_all_were_gone_through(form: str) -> None:
    """While tokens come and go; what was changed more, or is forgotten, is not found."""
    ids, chance = SeededIds(3), random.Random(5)
    issued: OrderedDict[str, None] = OrderedDict()
    alike = Alike()
    told = set()
    for _ in range(60):
        for _ in range(7):
            issued[token(form, ids)] = None
        gone, _ = issued.popitem(last=False)
        for text in (gone, chance.choice([*issued]), token(form, SeededIds(99))):
            for value in altered(text, chance):
                found = alike.finds(value, issued)
                assert plainly(value, issued) == found, value
                told.add(found)
    assert {True, False} == told


def test_each_is_looked_at_once() -> None:
    """Of ten thousand tokens the newest two thousand are taken apart, and after that only those that are new."""
    ids = SeededIds(4)
    issued = _Counted((token("hex", ids), None) for _ in range(10_000))
    alike = Alike()
    counts = []
    for _ in range(3):
        issued.seen = 0
        assert not alike.finds("0" * 32, issued)
        counts.append(issued.seen)
        issued[token("hex", ids)] = None
    # One more is looked at, to see that it is known.
    assert [2000, 2, 2] == counts


class _Counted(OrderedDict[str, None]):
    """Tokens that count how many of them are looked at."""

    seen = 0

    def __reversed__(self) -> Iterator[str]:  # type: ignore[override]
        for text in super().__reversed__():
            self.seen += 1
            yield text
