"""The standards that a register may point at by their number, without saying in `sources.yaml` what they are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["STANDARDS", "Standard"]


class Standard(NamedTuple):
    """The title of a standard, and the month in which it was published: YYYY-MM."""

    title: str
    date: str


STANDARDS: Mapping[str, Standard] = MappingProxyType(
    {
        "RFC 6749": Standard("The OAuth 2.0 Authorization Framework", "2012-10"),
        "RFC 6750": Standard("The OAuth 2.0 Authorization Framework: Bearer Token Usage", "2012-10"),
        "RFC 7009": Standard("OAuth 2.0 Token Revocation", "2013-08"),
        "RFC 7519": Standard("JSON Web Token (JWT)", "2015-05"),
        "RFC 7591": Standard("OAuth 2.0 Dynamic Client Registration Protocol", "2015-07"),
        "RFC 7617": Standard("The 'Basic' HTTP Authentication Scheme", "2015-09"),
        "RFC 7636": Standard("Proof Key for Code Exchange by OAuth Public Clients", "2015-09"),
        "RFC 7662": Standard("OAuth 2.0 Token Introspection", "2015-10"),
        "RFC 8259": Standard("The JavaScript Object Notation (JSON) Data Interchange Format", "2017-12"),
        "RFC 8414": Standard("OAuth 2.0 Authorization Server Metadata", "2018-06"),
        "RFC 9068": Standard("JSON Web Token (JWT) Profile for OAuth 2.0 Access Tokens", "2021-10"),
        "RFC 9110": Standard("HTTP Semantics", "2022-06"),
        "RFC 9111": Standard("HTTP Caching", "2022-06"),
        "RFC 9700": Standard("Best Current Practice for OAuth 2.0 Security", "2025-01"),
    }
)
