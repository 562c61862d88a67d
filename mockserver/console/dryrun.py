"""A request that is only talked about: read from JSON, and answered with what would be answered."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from watchword.mockserver.console.asked import BadRequest
from watchword.mockserver.explain.explain import explain_judgement
from watchword.mockserver.rules.render import render
from watchword.mockserver.service import Service
from watchword.specs.redaction import Masker
from watchword.specs.values.api import FORM, JSON
from watchword.specs.values.http import Request

__all__ = ["answered", "request_of"]


def request_of(asked: Mapping[str, Any]) -> Request:
    """Make a request of its description.

    Raises:
        BadRequest: it has more than one body.
    """
    bodies = [name for name in ("body", "form", "json") if name in asked]
    if len(bodies) > 1:
        raise BadRequest(f"expected one of body, form and json; seen {' and '.join(bodies)}")
    path, _, query = asked["path"].partition("?")
    query = "&".join(part for part in (query, asked.get("query", "")) if part)
    headers = dict(asked.get("headers", {}))
    body = asked.get("body", "").encode(errors="surrogatepass")
    if "form" in asked:
        body = urlencode(asked["form"]).encode()
    if "json" in asked:
        body = json.dumps(asked["json"]).encode()
    named = {name.lower() for name in headers}
    if "content-type" not in named and bodies and bodies[0] != "body":
        headers["Content-Type"] = FORM if bodies[0] == "form" else JSON
    if "basic" in asked:
        headers["Authorization"] = "Basic " + base64.b64encode(":".join(asked["basic"]).encode()).decode()
    if "bearer" in asked:
        headers["Authorization"] = f"Bearer {asked['bearer']}"
    method = asked.get("method", "POST" if bodies else "GET")
    return Request(method, path, query, tuple(headers.items()), body)


def answered(service: Service, request: Request, origin: str, masker: Masker) -> dict[str, Any]:
    """Say what a request would be answered, and why. What is served is not told: its tokens do not exist."""
    judged = service.would(request)
    template = judged.reply
    operation = None if judged.operation is None else judged.operation.name
    why = explain_judgement(service, request, judged)
    told: dict[str, Any] = {"operation": operation, "served": template is None, "fault": None}
    if service.fault is not None:
        told["fault"] = f"{service.fault.name}: {service.fault.says} What it does to this reply is not told here."
    if template is None and judged.operation is not None:
        told["status"] = service.profile.operations[judged.operation.name].reply.status
    elif template is not None:
        reply = render(template, {"$origin": origin, **judged.values})
        told |= {
            "status": reply.status,
            "headers": {name: masker.mask(value) for name, value in reply.headers},
            "body": masker.mask(reply.body.decode(errors="replace")),
        }
    return told | {"why": None if why is None else why.shown(masker)}
