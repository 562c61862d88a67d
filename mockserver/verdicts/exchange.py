"""One request of a client and what it was answered, as far as rules about clients ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Exchange"]

_EARLY = 0.5
"""With more than this part of its lifetime left, a token has long to live."""

_LEEWAY = 60.0
"""With so many seconds left or less, nobody is too early: clients look ahead, however short-lived tokens are."""


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """One request and its reply. It holds tokens as they are: it is compared, and never shown.

    `id` is that of the journal's entry. `at` is the mock's time, `began` and `ended` are seconds of a clock that nobody
    moves: when the request had come in, and when the reply had left. `lost` says that the client has not got the reply.
    `condition` is why it was refused, or the name of what a fault made of it; None: it was served as it should be.

    `party` is who asks, and for what scope, as far as credentials, brand and user agent tell it. `sent` is the same for two
    requests for tokens that say the same. `access` and `refresh` are the tokens that it
    presents, `brand` the brand key, and `brand_slip`, `body_slip` what is wrong with the key and with the body. `in_basic`
    says how credentials that belong into the Authorization header travel: `ok`, in the `body`, `twice`, under another `scheme`,
    in another `encoding`; None where there are none. `url_token` and `url_secret` whether the
    URL holds a token or a password; `bare` that the request carries nothing that is secret.

    `given` are the values of the reply by role, `ends` is when the access token in it expires by the mock's time, `unknown`
    names its members that nobody described, and `may_refresh` says that a refresh token could have been in it. `spare` says
    that the party had a refresh token that worked when it asked for tokens.
    """

    id: int
    at: float
    began: float
    ended: float
    origin: str
    operation: str | None
    purpose: str | None
    path: str
    status: int
    lost: bool = False
    condition: str | None = None
    party: tuple[str, ...] = ()
    sent: str = ""
    access: str | None = None
    refresh: str | None = None
    brand: str | None = None
    branded: bool = False
    brand_slip: str | None = None
    body_slip: str | None = None
    has_body: bool = False
    in_basic: str | None = None
    url_token: bool = False
    url_secret: bool = False
    bare: bool = True
    given: Mapping[str, Any] = field(default_factory=dict)
    ends: float | None = None
    unknown: tuple[str, ...] = ()
    may_refresh: bool = False
    spare: bool = False
    retry_after: float | None = None
    leads_to: str | None = None

    @property
    def served(self) -> bool:
        """Whether the reply is a 2xx."""
        return 200 <= self.status < 300

    @property
    def arrived(self) -> bool:
        """Whether the client has got the reply of a request that was served."""
        return self.served and not self.lost

    @property
    def new_access(self) -> str | None:
        """The access token that the client was given; None when it was given none."""
        token = self.given.get("access_token")
        return token if self.arrived and isinstance(token, str) else None

    @property
    def new_refresh(self) -> str | None:
        """The refresh token that the client was given; None when it was given none."""
        token = self.given.get("refresh_token")
        return token if self.arrived and isinstance(token, str) else None

    @property
    def for_tokens(self) -> bool:
        """Whether it asks for tokens."""
        return self.purpose in ("issue", "renew")

    def is_early(self, at: float) -> bool:
        """Tell whether a client that sends for other tokens at a time does so long before those of this reply end."""
        if self.ends is None or self.ends <= self.at:
            return False
        return self.ends - at > max(_EARLY * (self.ends - self.at), _LEEWAY)

    def __repr__(self) -> str:
        return f"<Exchange {self.id} {self.operation} {self.status}>"
