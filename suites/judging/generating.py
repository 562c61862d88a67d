"""A backend of Hypothesis that makes the same values wherever it runs.

The usual one also draws the constants of every module that happens to be imported from outside site-packages: the
requests would differ from one checkout to the next, and words of other people's code would be sent to a target.
"""

from __future__ import annotations

from typing import Any

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

__all__ = ["BACKEND"]

BACKEND = "watchword"
"""The backend's name, for `settings(backend=...)`."""


class _WithoutConstants(HypothesisProvider):
    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        """Draw nothing from anybody's code."""


AVAILABLE_PROVIDERS[BACKEND] = _WithoutConstants
