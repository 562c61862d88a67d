"""The verdict on one clause, with everything that is known of it: whoever wants to know something asks its row.

Laws:
1. A row says all: no other module lists verdicts to say something of them.
2. The rows stand in the order in which they want attention; of several tries at a clause, the first in this order counts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

__all__ = ["Shown", "Verdict"]

Shown = Literal["passed", "failed", "skipped", "error"]
"""What the check of a clause looks like as a test, in pytest and in JUnit."""
_Trait = Literal["verified", "broken", "undecided", "trouble"]


class Verdict(StrEnum):
    """What came of the check of one clause. `glyph` is a sign that tells it without colours, `meaning` one sentence."""

    glyph: str
    meaning: str
    _shown: Shown
    _traits: tuple[_Trait, ...]

    # The defaults are for type checkers alone, which take the look-up `Verdict("pass")` for a call of this.
    def __new__(
        cls, name: str, glyph: str = "", shown: Shown = "skipped", traits: tuple[_Trait, ...] = (), meaning: str = ""
    ) -> Self:
        """Make a member of its row."""
        made = str.__new__(cls, name)
        made._value_ = name
        made.glyph, made.meaning, made._shown, made._traits = glyph, meaning, shown, traits
        return made

    # fmt: off
    FAIL = ("fail", "✗", "failed", ("verified", "broken", "trouble"),
        "The target broke a rule that binds it.")
    ERROR = ("error", "‼", "error", ("trouble",),
        "The check itself went wrong; the target is not to blame.")
    BLOCKED = ("blocked", "⊘", "error", ("undecided", "trouble"),
        "The right request did not work, so a refusal of the wrong one would prove nothing.")
    INCONCLUSIVE = ("inconclusive", "?", "skipped", ("undecided", "trouble"),
        "The target was busy, banned the client, stalled or dropped the connection.")
    WARN = ("warn", "!", "passed", ("verified", "broken"),
        "The target broke a recommendation, or a standard that its document only refers to.")
    OBSERVED = ("observed", "◎", "passed", ("verified",),
        "The document leaves it open; this is what the target does.")
    PASS = ("pass", "✓", "passed", ("verified",),
        "The rule holds, and was really put to the test.")
    NOT_SUPPORTED = ("not_supported", "\N{EN DASH}", "skipped", (),
        "The target declined an optional feature in a proper way.")
    NOT_OBSERVABLE = ("not_observable", "…", "skipped", ("undecided",),
        "It cannot be seen within the limits of this run.")
    NOT_APPLICABLE = ("not_applicable", "·", "skipped", (),
        "The target, or what is known of it, lacks something that the check needs.")
    NOT_OBSERVED = ("not_observed", "○", "skipped", (),
        "Nothing happened that the rule speaks of.")
    # fmt: on

    @property
    def verified(self) -> bool:
        """Whether it rests on evidence about the target; the others say why there is none."""
        return "verified" in self._traits

    @property
    def broken(self) -> bool:
        """Whether the clause does not hold."""
        return "broken" in self._traits

    @property
    def undecided(self) -> bool:
        """Whether the clause concerns the target and nobody knows yet if it holds."""
        return "undecided" in self._traits

    @property
    def trouble(self) -> bool:
        """Whether a right server never gets it, when nothing limits the run."""
        return "trouble" in self._traits

    @property
    def excusable(self) -> bool:
        """Whether a file of known deviations can excuse it; what the limits of a run leave open is no deviation."""
        return self.broken or (self.undecided and self.trouble)

    def fails(self, strict: bool) -> bool:
        """Whether it makes a run fail: a broken recommendation does so only in a strict one."""
        return self.broken and (strict or self._shown == "failed")

    def shown(self, *, strict: bool = False, excused: bool = False) -> Shown:
        """Say what the test of the clause shows. What is excused is neither passed nor failed."""
        if excused and (self.broken or self.undecided):
            return "skipped"
        return "failed" if self.fails(strict) else self._shown
