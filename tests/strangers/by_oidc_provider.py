"""An OAuth server made with oidc-provider, which comes from npm: the program beside this file."""

from __future__ import annotations

from node_program import Program

WRONG = {"error": "invalid_grant", "error_description": "grant request is invalid"}
"""How the library refuses a wrong password."""

OPENED_BY = ("issueByPassword",)
"""The logins whose tokens open what stands behind them: the library's own page about a user."""


def make(credentials: dict[str, str], lifetime: int) -> Program:
    """Start the server with the accounts that some credentials name, and access tokens of so many seconds."""
    return Program("by_oidc_provider.mjs", credentials, lifetime)
