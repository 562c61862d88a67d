"""Values that are nearly right: whatever a role's value may show that is right once a slip is undone.

Each role and each slip make a diagnosis; of what belongs together, a name and its secret for one, there are rows besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from watchword.mockserver.explain.diagnosis import Diagnosis
from watchword.mockserver.explain.slips import comma_scopes, composed, is_user, meant, not_utf8, swapped, unquoted
from watchword.mockserver.rules.case import Case
from watchword.specs.vocabulary import CONDITIONS

__all__ = ["OF_VALUES"]


def _lives(kind: str) -> Callable[[Case, str], bool]:
    return lambda case, name: (kind, name) in case.world.accounts


def _of_account(role: str) -> Callable[[Case, str], bool]:
    def right(case: Case, secret: str) -> bool:
        account = case.account(role)
        return account is not None and account.password == secret

    return right


_KNOWN: Mapping[str, Callable[[Case, str], bool]] = {
    "username": _lives("user"),
    "operator_username": _lives("operator"),
    "client_id": lambda case, name: name in case.world.clients,
    "grant_type": lambda case, name: any(b.const == name for op in case.api.present for b in op.bound("grant_type")),
    "access_token": lambda case, token: token in case.world.access,
    "refresh_token": lambda case, token: token in case.world.refresh,
    "password": _of_account("password"),
    "operator_password": _of_account("operator_password"),
    "client_secret": lambda case, secret: case.client is not None and case.client.client_secret == secret,
}
"""What is right, by role: who is in the world, which grants there are, which tokens were given, and the secrets of whoever asks."""

_PAIRS = (("username", "password"), ("operator_username", "operator_password"), ("client_id", "client_secret"))


def _refused(role: str) -> str:
    """Give the condition of a value that is not right."""
    return f"{role}.wrong" if role.endswith(("password", "secret")) else f"{role}.unknown"


class _Slip(NamedTuple):
    """A slip that any value may show: how it is undone, what is to be said of it, and whether only a form can have it."""

    name: str
    undo: Callable[[str], str]
    says: str
    mend: str
    form: bool = False


_SLIPS = (
    _Slip(
        "spaced",
        str.strip,
        "white space stands around the {role}, which is right without it",
        "Strip {field}: white space or a line break stands around the {role}.",
    ),
    _Slip(
        "doubled_scheme",
        lambda text: text[7:] if text[:7].lower() == "bearer " else text,
        "the word Bearer stands before the {role} where it does not belong, or twice",
        "Leave the word Bearer out of {field}: the client writes Bearer once before an access_token in `Authorization`, and nowhere "
        "else.",
    ),
    _Slip(
        "quoted",
        unquoted,
        "the {role} is right, and something stands around it",
        "Send {field} without the quotation marks or brackets that stand around the {role}.",
    ),
    _Slip(
        "encoded",
        unquote,
        "the {role} is right once its percent-encoding is undone, which nobody does here",
        "Send {field} with one encoding less: the {role} was percent-encoded once too often.",
    ),
    _Slip(
        "plus_for_space",
        lambda text: text.replace(" ", "+"),
        "the {role} is right with a plus sign where it has a space: in a form, + stands for a space",
        "Encode {field} as forms want it: a plus sign is written %2B there.",
        form=True,
    ),
    _Slip(
        "decomposed",
        composed,
        "the {role} is right once its letters and their marks are one character each (Unicode NFC)",
        "Write {field} in the normal form NFC: letters and their marks are apart there.",
    ),
)

OF_VALUES: tuple[Diagnosis, ...] = (
    *(
        Diagnosis(
            f"{role}.{slip.name}",
            (_refused(role),),
            meant(role, right, slip.undo, form=slip.form),
            slip.says,
            "{valid}",
            slip.mend,
        )
        for role, right in _KNOWN.items()
        for slip in _SLIPS
        # Of secrets the vocabulary has a condition that says so.
        if f"{role}.padded" not in CONDITIONS or slip.name != "spaced"
    ),
    *(
        Diagnosis(
            f"{role}.not_utf8",
            (_refused(role),),
            not_utf8(role),
            "the {role} is written in another charset than UTF-8",
            "{valid}",
            "Encode {field} in UTF-8; some clients use Latin-1 unless they are told otherwise.",
        )
        for role in (*dict(_PAIRS), *dict(_PAIRS).values())
    ),
    *(
        Diagnosis(
            f"{name}.swapped",
            (f"{name}.unknown",),
            swapped(name, secret),
            f"the {name} and the {secret} are right, and each stands where the other belongs",
            "{valid}",
            f"Let {name} and {secret} change places: {{field}} holds the {secret}.",
        )
        for name, secret in _PAIRS
    ),
    Diagnosis(
        "client_id.is_username",
        ("client_id.unknown",),
        is_user,
        "a user's name stands where a client's belongs",
        "{valid}",
        "Send {pair} of the client in `Authorization`: what is there is a user's name.",
    ),
    Diagnosis(
        "scope.comma",
        ("scope.unknown", "scope.partly_unknown"),
        comma_scopes,
        "commas stand between scopes that exist, and white space belongs there",
        "scopes with white space between them",
        "Write spaces, and no commas, between the scopes in {field} (RFC 6749 section 3.3).",
    ),
)
