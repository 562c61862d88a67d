"""What would have been accepted: the right request of an operation, with the names of secrets in place of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchword.specs.redaction import is_secret
from watchword.specs.values.api import Api, Binding, Operation

__all__ = ["accepted"]


def accepted(operation: Operation, api: Api, credentials: Mapping[str, str]) -> dict[str, Any]:
    """Give method and path, and by place what a right request carries there."""
    request: dict[str, Any] = {"method": operation.method, "path": api.bases[operation.base] + operation.path}
    headers: dict[str, str] = {}
    basic: dict[str, str] = {}
    for binding in operation.bindings:
        if binding.standing != "main" or not binding.required:
            continue
        value = _value(binding, credentials)
        if binding.place == "basic":
            basic[binding.name] = value
        elif binding.place == "bearer":
            headers["Authorization"] = f"Bearer {value}"
        elif binding.place == "header":
            headers[binding.name] = value
        else:
            request.setdefault(binding.place if binding.place != "path" else "path_values", {})[binding.name] = value
    if basic:
        headers["Authorization"] = f"Basic base64({basic.get('user', '')}:{basic.get('password', '')})"
    if operation.media_type is not None:
        headers["Content-Type"] = operation.media_type
    return request | {"headers": headers}


def _value(binding: Binding, credentials: Mapping[str, str]) -> str:
    if binding.const is not None:
        return binding.const
    if not is_secret(binding.role) and binding.role in credentials:
        return credentials[binding.role]
    return f"<{binding.role}>" if binding.example is None else str(binding.example)
