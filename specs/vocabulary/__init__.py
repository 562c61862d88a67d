"""The words that dialects are written in, in one place: what a dialect does not find here, it cannot say."""

from __future__ import annotations

from watchword.specs.vocabulary.condition import GRAVITIES, Condition, one_each
from watchword.specs.vocabulary.conditions import CONDITIONS, broader
from watchword.specs.vocabulary.guarantees import GUARANTEES, Guarantee
from watchword.specs.vocabulary.roles import (
    BASES,
    CLIENT_WAYS,
    CREDENTIALS,
    LEVELS,
    NAMED_ENDPOINTS,
    PARTNERS,
    PLACES,
    PURPOSES,
    ROLES,
    SECRET_ROLES,
    TOPICS,
)

__all__ = [
    "BASES",
    "CLIENT_WAYS",
    "CONDITIONS",
    "CREDENTIALS",
    "GRAVITIES",
    "GUARANTEES",
    "LEVELS",
    "NAMED_ENDPOINTS",
    "PARTNERS",
    "PLACES",
    "PURPOSES",
    "ROLES",
    "SECRET_ROLES",
    "TOPICS",
    "Condition",
    "Guarantee",
    "broader",
    "one_each",
]
