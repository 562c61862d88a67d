"""Drafting rows: from a word of the vocabulary to the YAML of a clause that uses it, to be reviewed by who pastes it.

A drafted row is a `should` that rests on inference, or leaves open what endangers nobody: until somebody raises its level,
nothing that it says fails a run.
"""

from __future__ import annotations

import re

from watchword.specs.vocabulary.conditions import CONDITIONS
from watchword.specs.vocabulary.guarantees import GUARANTEES

__all__ = ["draft_row", "usual_id", "usual_topic"]

_ROW = """\
- id: {id}
  topic: {topic}
  says: "{says}"
  level: {level}
  basis: {basis}
  source: {{document: DOCUMENT, section: SECTION}}
  operation: {operation}
  {asks}"""
_BY_SUBJECT = {
    "refresh_token": "refresh",
    "renew": "refresh",
    "refresh": "refresh",
    "scope": "scopes",
    "brand_key": "brand_keys",
    "body": "error_codes",
    "grant_type": "error_codes",
    "method": "error_codes",
    "refusals": "error_codes",
    "contract": "contract",
    "reply": "contract",
}


def usual_topic(word: str, purpose: str = "") -> str:
    """Give the topic that a condition or guarantee usually has, at an operation of that purpose."""
    return _BY_SUBJECT.get(word.partition(".")[0]) or ("refresh" if purpose == "renew" else "auth")


def usual_id(operation: str, *words: str) -> str:
    """Give the usual id of a clause: `password.wrong` at `logIn` is `log-in.password-wrong`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", operation).lower()
    return f"{re.sub(r'[^a-z0-9]+', '-', parted).strip('-')}.{'-'.join(re.sub(r'[._]', '-', word) for word in words)}"


def draft_row(word: str, operation: str, *words: str) -> str:
    """Write a row about a condition or a guarantee at an operation; further words are conditions: those that
    are provoked together with it, or whose refusals a guarantee looks at.

    DOCUMENT and SECTION are left to be filled in.

    Raises:
        KeyError: the word is neither a condition nor a guarantee.
    """
    if word in CONDITIONS:
        together = (word, *words)
        says = " and ".join(CONDITIONS[name].says for name in together)
        when = word if not words else f"[{', '.join(together)}]"
        grave = any(CONDITIONS[name].gravity == "security" for name in together)
        ends = "is refused" if grave else "may be refused"
        return _ROW.format(
            id=usual_id(operation, *together),
            topic=usual_topic(word),
            says=f"At {operation}, a request in which {says} {ends}.",
            level="should" if grave else "may",
            basis="inferred" if grave else "silent",
            operation=operation,
            asks=f"when: {when}" + ('\n  expect: {status: ["4xx"]}' if grave else ""),
        )
    guarantee = GUARANTEES[word]
    asks = f"guarantee: {word}"
    if guarantee.describes:
        asks = f"observe: {word}"
    elif guarantee.of_refusals:
        asks += f"\n  conditions: [{', '.join(words) or 'CONDITION'}]"
    elif word == "request.accepted":
        asks += '\n  expect: {status: ["2xx"]}'
    return _ROW.format(
        id=usual_id(operation, word),
        topic=usual_topic(word),
        says=f"At {operation}, {guarantee.says}.",
        level="may" if guarantee.describes else "should",
        basis="silent" if guarantee.describes else "inferred",
        operation=operation,
        asks=asks,
    )
