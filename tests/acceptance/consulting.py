"""A right server of sensu, as far as the doctor asks it, and what the doctor says of a target file's server."""

from __future__ import annotations

import pytest

from watchword.specs.redaction import Masker
from watchword.suites.running.preflight import PreflightError, examine, preflight
from watchword.suites.running.session import TargetSession
from watchword.suites.target import read_target

GIVEN = b'{"access_token": "a-b-c-d", "refresh_token": "e-f-g-h", "expires_at": 2000000000}'
JSON = {"Content-Type": "application/json"}


def keeper(asked):
    """A right server of sensu, as far as the doctor asks: it knows one password and gives one token."""
    authorization = asked.headers.get("Authorization", "")
    if asked.path.endswith("/auth"):
        return (200, JSON, GIVEN) if authorization == "Basic bWlyYTpRdWFycnk3LUxhbnRlcm4=" else (401, {}, b"")
    if asked.path.endswith("/namespaces"):
        return (200, JSON, b"[]") if authorization == "Bearer a-b-c-d" else (401, {}, b"")
    return 404, {}, b""


def notes_of(path):
    """What the doctor says of a target file's server: pairs of the kind and the text, by check."""
    session = TargetSession(read_target(path), Masker())
    try:
        found = examine(session)
    finally:
        session.close()
    notes = {}
    for note in found.notes:
        assert "\n" not in note.says
        notes.setdefault(note.check, []).append((note.kind, note.says))
    return notes


def problem_of(path):
    """The one problem that the doctor finds, and the start of a run with it: its check and its text."""
    notes = notes_of(path)
    [(check, says)] = [(c, text) for c, lines in notes.items() for kind, text in lines if kind == "problem"]
    session = TargetSession(read_target(path), Masker())
    try:
        with pytest.raises(PreflightError) as caught:
            preflight(session)
    finally:
        session.close()

    assert says == str(caught.value)
    return check, says


def bad(notes):
    """Every line that is no good news."""
    return [text for lines in notes.values() for kind, text in lines if kind != "ok"]
