"""The rows about a target's circumstances: how its clock goes, what it may be asked besides, which release it is like."""

from __future__ import annotations

import json

from watchword.specs.cli import count
from watchword.specs.values.clause import Clause
from watchword.specs.values.http import Reply
from watchword.specs.values.profile import Profile, ReplyTemplate
from watchword.specs.vocabulary import CONDITIONS, GUARANTEES
from watchword.suites.acting.context import Context
from watchword.suites.acting.figures import moment
from watchword.suites.acting.steps import Call, Halt
from watchword.suites.judging.workshop import GENERATED, caveat
from watchword.suites.running.examining import Examination

__all__ = ["clock", "generated", "grants", "options", "release"]

_LEAST = 5.0
"""Seconds of difference between clocks that are told: `Date` has whole seconds, and networks take their time."""
_NO_TOKEN = ("access_token.unknown", "access_token.garbage")
_CHALLENGE = "WWW-Authenticate"


def clock(x: Examination) -> None:
    """Compare the clock of the target with this machine's."""
    if x.session.target.control is not None:
        x.good("the target's clock is at hand, and is used")
        return
    if x.date is None:
        return
    text, before, after = x.date
    told = moment(text)
    if told is None:
        x.good("the reply has no Date that could be read, so nothing is known of the target's clock")
        return
    # A date names the second in which it was written.
    skew = told - after if told > after else min(0.0, told + 1 - before)
    if abs(skew) < _LEAST:
        x.good("the clocks of the target and of this machine agree")
        return
    x.warn(
        f"the Date of the target is {_span(abs(skew))} {'ahead of' if skew > 0 else 'behind'} this machine's clock: what is "
        "said about expiries is uncertain until one of the two is set right (NTP)"
    )


def _span(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds + 1 >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def options(x: Examination) -> None:
    """Say which credentials the target file could give besides, and how many rules each would add."""
    target = x.session.target
    for role in target.dialect.api.optional_credentials:
        if role in target.credentials:
            continue
        rules = sum(role in _needs(x, clause) for clause in target.dialect.clauses if not clause.untested)
        if rules:
            x.good(f"credentials.{role} is not given, so {count(rules, 'rule')} will be not applicable")


def _needs(x: Examination, clause: Clause) -> set[str]:
    operation = x.session.target.dialect.api.operations.get(clause.operation or "")
    found = set(operation.required_roles) if operation is not None else set()
    found |= {need for name in clause.when for need in CONDITIONS[name].needs}
    guarantee = clause.guarantee or clause.observe
    return found | set(GUARANTEES[guarantee].needs if guarantee else ())


def grants(x: Examination) -> None:
    """Log in by the optional operations that want nothing but what was taken already: the client's own login, say."""
    session = x.session
    held = session.target.credentials
    issuers = session.target.dialect.api.with_purpose("issue")
    taken = {role for operation in issuers if not operation.optional for role in operation.required_roles}
    for operation in issuers:
        roles = operation.required_roles
        if not operation.optional or not set(roles) <= taken or not set(roles) <= held.keys() or x.is_refused(roles):
            continue
        context = Context(session.target, operation, session.tag)
        try:
            reply = session.probe.send(Call(context.write(operation, context.values()), "prepare", "doctor")).reply
        except Halt:
            continue
        if reply is not None and 200 <= reply.status < 300:
            x.good(f"{operation.name} is offered ({reply.status})")
        elif reply is not None:
            x.good(f"{operation.name} is not offered ({reply.status}), so its rules will be not supported")


def generated(x: Examination) -> None:
    """Say whether the requests can be made that are generated from the description; a run says so once for all targets."""
    dialect = x.session.target.dialect
    clauses = sum(clause.guarantee == GENERATED and not clause.untested for clause in dialect.clauses)
    if said := caveat(clauses):
        x.warn(said)
    elif clauses:
        x.good(f"the requests of {count(clauses, 'rule')} can be generated")


def release(x: Examination) -> None:
    """Compare how an unknown token is answered with how known releases answer it."""
    session = x.session
    operation = session.target.dialect.api.with_purpose("resource")
    if not operation or session.target.resource is not None:
        return
    context = Context(session.target, operation[0], session.tag)
    try:
        draft = context.write(operation[0], context.values() | {"access_token": "not-a-token"})
        reply = session.probe.send(Call(draft, "prepare", "ask with a token that is none")).reply
    except Halt:
        return
    if reply is None:
        return
    profiles = session.target.dialect.profiles.values()
    alike = [p.name for p in profiles if _answers_so(p, operation[0].name, reply)]
    known = ", ".join(p.name for p in profiles)
    if len(alike) == len(profiles):
        x.good(f"an unknown token is answered as by all that are known ({known})")
    elif alike:
        x.good(f"an unknown token is answered as by {', '.join(alike)} (known: {known})")
    else:
        x.good(f"an unknown token is answered {reply.status} in a way of its own (known: {known}), which is no defect")


def _answers_so(profile: Profile, operation: str, reply: Reply) -> bool:
    own = profile.operations.get(operation)
    templates = [rule.reply for rule in own.rules if rule.condition in _NO_TOKEN] if own else []
    return any(_fits(template, reply) for template in templates)


def _fits(template: ReplyTemplate, reply: Reply) -> bool:
    told, seen = template.headers.get(_CHALLENGE), reply.header(_CHALLENGE)
    # What stands behind a dollar is each server's own.
    alike = told is None if seen is None else told is not None and seen.startswith(told.partition("$")[0])
    if template.status != reply.status or not alike:
        return False
    if template.json is not None:
        return bool(json.dumps(template.json, sort_keys=True) == json.dumps(reply.json, sort_keys=True))
    return template.text is None or template.text == reply.text
