"""The suites against the profiles of Fusio: no false alarm, and the warnings that each version has earned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from watchword.specs.loader import load_dialect

_WARNED_ALWAYS = {
    "login.body-malformed",
    "login.body-unreadable-no-crash",
    "renew.client-foreign",
    "renew.client-id-unknown",
    "renew.client-secret-extended",
    "renew.client-secret-foreign",
    "renew.client-secret-is-client-id",
    "renew.client-secret-other-case",
    "renew.client-secret-padded",
    "renew.client-secret-truncated",
    "renew.client-secret-wrong",
    "renew.no-store",
    "renew.refusals-after-expiry",
    "renew.token-invalid-code",
    "renew.token-missing-code",
    "resource.invalid-token-code",
    "token.client-refused-by-rfc",
    "token.grant-missing-code",
    "token.grant-unknown-code",
    "token.no-store",
    "user-token.no-store",
}
_WARNED: dict[str, set[str]] = {
    **{name: set() for name in ("documented", "rotating", "rotating-grace")},
    "fusio-5.0": _WARNED_ALWAYS | {"scope.insufficient"},
    "fusio-6.1": _WARNED_ALWAYS,
}


@pytest.fixture(scope="module", params=sorted(_WARNED))
def checked(in_process: Callable[..., Any], request: pytest.FixtureRequest) -> tuple[str, Any, dict[str, Any]]:
    """Check every clause against a mock of each profile."""
    mock = in_process("fusio", request.param)
    return request.param, mock, mock.check_all()


def test_every_profile_is_checked() -> None:
    """There is no profile that these tests leave out."""

    assert set(load_dialect("fusio").profiles) == set(_WARNED)


def test_no_trouble(checked: tuple[str, Any, dict[str, Any]], trouble: Callable[..., dict[str, str]]) -> None:
    """A right server breaks no rule that can fail, and every clause can be checked at it."""

    assert {} == trouble(checked[2])


def test_warnings(checked: tuple[str, Any, dict[str, Any]]) -> None:
    """A version is warned of just the rows that it is known to break."""
    profile, _, found = checked

    assert _WARNED[profile] == {clause for clause, judged in found.items() if judged.verdict == "warn"}


def test_described(checked: tuple[str, Any, dict[str, Any]]) -> None:
    """Every reply that the mock gave the suites is among those of the description."""

    assert [] == checked[1].undescribed()
