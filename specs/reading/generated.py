"""Reading and writing `generated.json`: the requests that were generated of a description, so that no run makes them again.

A dialect does not need the file. It counts while it is of the description that stands beside it, and as it was written: a rule
must not hold because somebody has emptied a file. After a change of either, requests are generated in each run, until the
file is written anew.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from watchword.specs.errors import SpecError
from watchword.specs.held import digest
from watchword.specs.values.api import Api
from watchword.specs.values.generated import Generated
from watchword.specs.vocabulary import GUARANTEES

__all__ = ["FILE", "MEND", "is_stale", "kept_requests", "written"]

FILE = "generated.json"
"""The file's name in the folder of a dialect."""
MEND = "write it anew with `watchword faults FOLDER --declare`, or delete it"
"""What to do about a file that is not of its description."""

Kept = Mapping[tuple[str, str], tuple[Generated, ...]]
"""The requests by path and method of their operation."""


@functools.lru_cache(maxsize=64)
def kept_requests(api: Api) -> Kept:
    """Give the requests that a dialect keeps; none where it keeps none, or those of another description.

    Raises:
        SpecError: the file is not one that `written` has made.
    """
    kept = _read(api)
    if kept is None or kept["of"] != _of(api, kept["requests"]):
        return MappingProxyType({})
    names = {name: name.split(" ", 1) for name in kept["requests"]}
    return MappingProxyType(
        {(path, method): tuple(map(_request, kept["requests"][name])) for name, (method, path) in names.items()}
    )


def is_stale(api: Api) -> bool:
    """Tell whether a dialect keeps requests of another description than it has.

    Raises:
        SpecError: the file is not one that `written` has made.
    """
    kept = _read(api)
    return kept is not None and kept["of"] != _of(api, kept["requests"])


def written(api: Api, requests: Kept, made_by: str) -> str:
    """Give the text of the file, for requests that a program of this name and release has generated."""
    rows = {f"{method} {path}": [_row(one) for one in made] for (path, method), made in requests.items()}
    text = json.dumps({"of": _of(api, rows), "made_by": made_by, "requests": rows}, indent=1)
    return text + "\n"


def _read(api: Api) -> dict[str, Any] | None:
    try:
        found = json.loads((api.folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as trouble:
        raise _wrong(api, f"no JSON ({trouble})") from trouble
    if not (isinstance(found, dict) and isinstance(found.get("requests"), dict) and isinstance(found.get("of"), str)):
        raise _wrong(api, "something else")
    return found


def _wrong(api: Api, seen: str) -> SpecError:
    return SpecError(api.folder / FILE, None, f"generated requests were expected, and it holds {seen}", MEND)


def _of(api: Api, rows: Mapping[str, Any]) -> str:
    """Give the digest of the requests and of what they are made of: the description, and how many are wanted."""
    wanted = GUARANTEES["contract.conforms"].generated
    return digest(*(json.dumps(part, sort_keys=True) for part in (api.description, wanted, rows)))


def _row(one: Generated) -> dict[str, Any]:
    row: dict[str, Any] = {"valid": one.valid}
    for place in ("path_parameters", "query", "headers"):
        if found := getattr(one, place):
            row[place] = dict(found)
    if isinstance(one.body, bytes):
        row["base64"] = base64.b64encode(one.body).decode()
    elif one.has_body:
        row["body"] = one.body
    return row


def _request(row: Mapping[str, Any]) -> Generated:
    path, query, headers = (dict(row.get(place, {})) for place in ("path_parameters", "query", "headers"))
    body = base64.b64decode(row["base64"]) if "base64" in row else row.get("body")
    return Generated(row["valid"], path, query, headers, body, "body" in row or "base64" in row)
