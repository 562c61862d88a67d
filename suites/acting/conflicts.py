"""Which of two brand keys counted, where a request carried both: asked of the protected operation, under each key alone.

No user is logged in under the other key for it: he may be no customer of that brand, and would be charged a failed login.
"""

from __future__ import annotations

from watchword.suites.acting.context import Context, Steps, succeeded
from watchword.suites.acting.steps import Call, Exchange

__all__ = ["which_counted"]

_ROLE = "brand_key"
_ASKED = ("issue", "renew", "resource")
"""What an operation is for whose reply, or whose token, can show which brand it was served for."""


def which_counted(context: Context, probe: Exchange) -> Steps:
    """Ask what the outcome of a request with both keys is worth under each of them.

    Gives the facts: `under`, the exchanges of the protected operation by the credential whose key it carried; none where
    neither a token nor the protected operation itself can show it.
    """
    operation, resource = context.operation, context.target.resource_operation
    if operation.purpose not in _ASKED or resource is None or not resource.bound(_ROLE):
        return {"under": {}}
    if operation.purpose == "resource":
        token = probe.call.draft.value("access_token")
        return {"under": {"other_brand_key": (yield from _opened(context, token, "other_brand_key"))}}
    if not succeeded(probe.reply, operation):
        return {"under": {}}
    token = context.tokens(probe, operation)["access_token"]
    under = {}
    for role in (_ROLE, "other_brand_key"):
        under[role] = yield from _opened(context, token, role)
    return {"under": under}


def _opened(context: Context, token: object, role: str) -> Steps:
    values = context.values() | {"access_token": token, _ROLE: context.credential(role)}
    purpose = f"call the protected operation with the {role} alone"
    exchange = yield Call(context.write(context.resource(), values), "verify", purpose)
    return exchange
