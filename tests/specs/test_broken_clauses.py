"""What is wrong in a `clauses.yaml` is said with file, line and a remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

CASES = {
    "a key twice": (
        "  topic: auth\n",
        "  topic: auth\n  topic: auth§\n",
        "the key 'topic' stands here twice",
        "keep one",
    ),
    "an id twice": ("- id: login.password-wrong", "- id: login.served§", "stands on line 1 too", "an id of its own"),
    "an id that is no word": ("- id: login.served", "- id: LoginServed§", "does not match", "words with dots"),
    "a missing key": (
        "- id: login.served\n  topic: auth\n",
        "- id: login.served§\n",
        "the key 'topic' is missing here",
        "one of auth, refresh",
    ),
    "a misspelt key": ("  topic: auth", "  topc: auth§", "there is no key 'topc' here", "did you mean 'topic'?"),
    "a topic that is no word": ("topic: auth", "topic: Auth-N§", "'Auth-N' does not match", "auth, refresh"),
    "an unknown level": ("level: must", "level: shall§", "'shall' is not valid here", "valid names: may, must, should"),
    "an unknown basis": ("basis: documented", "basis: document§", "not valid here", "did you mean 'documented'?"),
    "an unknown operation": (
        "operation: readMe",
        "operation: readMee§",
        "there is no operation 'readMee'",
        "did you mean 'readMe'?",
    ),
    "no operation": (
        "- id: me.no-failure\n  topic: error_codes\n  says: No wrong request makes the server fail.\n  level: must\n"
        "  basis: inferred\n  source: {document: smallest, section: Me, line: 3}\n  operation: readMe\n",
        "- id: me.no-failure§\n  topic: error_codes\n  says: No wrong request makes the server fail.\n  level: must\n"
        "  basis: inferred\n  source: {document: smallest, section: Me, line: 3}\n",
        "a clause that is tested names its operation",
        "add operation: …",
    ),
    "an unknown condition": (
        "when: password.wrong",
        "when: password.wrnog§",
        "there is no condition 'password.wrnog'",
        "did you mean 'password.wrong'?",
    ),
    "an unknown guarantee": (
        "guarantee: request.accepted",
        "guarantee: request.acepted§",
        "there is no guarantee 'request.acepted'",
        "did you mean 'request.accepted'?",
    ),
    "a demand for what is only described": (
        "guarantee: request.accepted",
        "guarantee: access_token.form§",
        "access_token.form says what a server does, and demands nothing",
        "observe: access_token.form",
    ),
    "a condition to observe": (
        "guarantee: request.accepted",
        "observe: password.wrong§",
        "there is no guarantee 'password.wrong'",
        "valid names: access_token.form",
    ),
    "a condition and a guarantee": (
        "- id: login.password-wrong\n",
        "- id: login.password-wrong§\n  guarantee: request.accepted\n",
        "exactly one of when, guarantee, observe, untested belongs here",
        "write one of them",
    ),
    "a guarantee and a reason not to test": (
        "- id: login.served\n",
        "- id: login.served§\n  untested: Nobody has the time for it.\n",
        "exactly one of when, guarantee, observe, untested belongs here",
        "write one of them",
    ),
    "neither condition nor guarantee": (
        "- id: login.name-case\n  topic: auth\n  says: Whether the letters of a name may differ is left open.\n  level: may\n"
        "  basis: silent\n  source: {document: smallest, section: Login}\n  operation: logIn\n"
        "  when: username.other_case\n",
        "- id: login.name-case§\n  topic: auth\n  says: Whether the letters of a name may differ is left open.\n"
        "  level: may\n  basis: silent\n  source: {document: smallest, section: Login}\n  operation: logIn\n",
        "exactly one of when, guarantee, observe, untested belongs here",
        "write one of them",
    ),
    "what is left open as a must": (
        "level: may",
        "level: must§",
        "what the document leaves open has the level may",
        "level: may",
    ),
    "what is left open as a should": ("level: may", "level: should§", "the document leaves open", "level: may"),
    "a condition that does not fit": (
        "when: password.wrong",
        "when: refresh_token.garbage§",
        "refresh_token.garbage cannot be provoked at logIn: logIn does not carry a refresh_token",
        "another operation or condition",
    ),
    "a condition in another place": (
        "when: password.wrong",
        "when: [password.wrong, basic.missing]§",
        "basic.missing cannot be provoked at logIn: logIn has nothing in basic",
        "another operation or condition",
    ),
    "one condition as a list": ("when: password.wrong", "when: [password.wrong]§", "", "a condition, or several"),
    "a guarantee that does not fit": (
        "guarantee: refusals.no_server_error",
        "guarantee: tokens.differ§",
        "tokens.differ is for operations of purpose issue or renew, and readMe has purpose resource",
        "another operation or guarantee",
    ),
    "an unknown condition of a guarantee": (
        "access_token.missing, access_token.garbage]",
        "access_token.mising, access_token.garbage]§",
        "there is no condition 'access_token.mising'",
        "did you mean 'access_token.missing'?",
    ),
    "a guarantee without conditions": (
        "- id: login.served\n",
        "- id: login.safe§\n  topic: auth\n  says: Nothing makes the login fail.\n  level: must\n  basis: inferred\n"
        "  source: {document: smallest, section: Login}\n  operation: logIn\n  guarantee: refusals.no_tokens\n"
        "- id: login.served\n",
        "refusals.no_tokens looks at the replies to wrong requests",
        "add conditions: [...]",
    ),
    "a condition without an expectation": (
        "- id: login.served\n",
        "- id: login.safe§\n  topic: auth\n  says: An empty name is refused.\n  level: must\n  basis: inferred\n"
        "  source: {document: smallest, section: Login}\n  operation: logIn\n  when: username.empty\n"
        "- id: login.served\n",
        "a condition is judged by the replies it may get",
        "add expect: {status: [...]}",
    ),
    "a right request without an expectation": (
        "- id: login.served\n",
        "- id: login.safe§\n  topic: auth\n  says: A right login is served.\n  level: must\n  basis: inferred\n"
        "  source: {document: smallest, section: Login}\n  operation: logIn\n  guarantee: request.accepted\n"
        "- id: login.served\n",
        "request.accepted is judged by the reply it gets",
        "add expect: {status: [...]}",
    ),
    "an order": ("is answered 401.", "must be answered 401.§", "without 'must'", "the level says how strong it is"),
    "a wish": ("is answered 401.", "should be answered 401.§", "without 'should'", "the level says"),
    "a task": ("A login with a wrong password", "Test that a login with a wrong password§", "without 'Test that'", ""),
    "a need": ("is answered 401.", "needs to be answered 401.§", "without 'needs to'", "the level says"),
    "a rule that is too short": (
        "says: The server is kind to whoever asks.",
        "says: Be kind.§",
        "too short",
        "the rule",
    ),
    "a reason that is too short": (
        "untested: Kindness leaves no trace in a reply.",
        "untested: No.§",
        "too short",
        "why",
    ),
    "a status as text": ("{status: [401]}", '{status: ["401"]}§', "'401' is not", ""),
    "a status that is none": ("{status: [401]}", "{status: [4011]}§", "4011 is not valid here", "4xx"),
    "an unknown key of an expectation": ("{status: [401]}", "{statuz: [401]}§", "no key 'statuz'", "'status'"),
    "an empty expectation": ("{status: [401]}", "{}§", "{} should be non-empty", ""),
    "a role that is none": (
        "present: [access_token]",
        "present: [acess_token]§",
        "no reply of the operation carries a 'acess_token'",
        "did you mean 'access_token'?",
    ),
    "a role that no reply carries": (
        "present: [access_token]",
        "absent: [refresh_token]§",
        "no reply of the operation carries a 'refresh_token'",
        "",
    ),
    "an unknown type": (
        "present: [access_token]",
        "types: {access_token: text}§",
        "'text' is not valid here",
        "string",
    ),
    "an unknown method": ("  when: password.wrong", "  when: password.wrong\n  method: FETCH§", "'FETCH'", "PATCH"),
    "a line that is none": (", line: 2}", ", line: 0}§", "0 is less than the minimum of 1", ""),
    "an unknown key of a source": (
        ", line: 2}",
        ", page: 2}§",
        "there is no key 'page' in source",
        "document, line, section",
    ),
}


@pytest.mark.parametrize(("old", "new", "problem", "hint"), CASES.values(), ids=CASES)
def test_error(old: str, new: str, problem: str, hint: str, broken: Callable[..., Any]) -> None:
    """The error names the file and the line, says what is wrong, and how it is mended."""
    wrong = broken("clauses.yaml", old, new)
    error = wrong.load()

    assert (wrong.file, wrong.line) == (error.file, error.line)
    assert problem in error.problem
    assert hint in error.hint
