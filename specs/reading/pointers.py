"""Finding one's way in a description: references, members that have to be there, roles that have to exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchword.specs.errors import nearest
from watchword.specs.reading.yamlfile import At, YamlFile
from watchword.specs.vocabulary import ROLES

__all__ = ["Pointers"]


class Pointers:
    """The description of one file, with errors that point into it."""

    def __init__(self, source: YamlFile) -> None:
        self.source = source
        self.root: Mapping[str, Any] = source.value

    def need(self, at: At, value: Any, key: str) -> Any:
        """Give a member that has to be there.

        Raises:
            SpecError: it is not.
        """
        if not isinstance(value, Mapping) or key not in value:
            raise self.source.error(at, f"the key {key!r} is missing here", f"add {key}: …")
        return value[key]

    def role(self, at: At, role: str) -> str:
        """Give a role as it is.

        Raises:
            SpecError: there is none of that name.
        """
        if role not in ROLES:
            raise self.source.error((*at, "x-role"), f"there is no role {role!r}", nearest(role, ROLES))
        return role

    def resolve(self, at: At, value: Any) -> tuple[At, Any]:
        """Follow references; gives where the value stands and the value.

        Raises:
            SpecError: a reference leads nowhere or back to itself.
        """
        seen = 0
        while isinstance(value, Mapping) and "$ref" in value:
            reference = value["$ref"]
            steps = [s.replace("~1", "/").replace("~0", "~") for s in str(reference).removeprefix("#/").split("/")]
            found: Any = self.root
            for step in steps:
                if not isinstance(found, Mapping) or step not in found:
                    valid = found if isinstance(found, Mapping) else ()
                    raise self.source.error(
                        (*at, "$ref"), f"the reference {reference!r} leads nowhere", nearest(step, valid)
                    )
                found = found[step]
            at, value = tuple(steps), found
            seen += 1
            if seen > 20:
                raise self.source.error(at, f"the reference {reference!r} leads back to itself", "end the circle")
        return at, value
