"""Reading `client.yaml`: how much each rule about clients binds at one API."""

from __future__ import annotations

from watchword.specs.errors import Gathering, nearest
from watchword.specs.reading.yamlfile import YamlFile
from watchword.specs.values.api import Api
from watchword.specs.values.manner import Manner
from watchword.specs.vocabulary.manners import MANNERS

__all__ = ["read_manners"]


def read_manners(source: YamlFile, api: Api) -> tuple[Manner, ...]:
    """Give the rules in the order of the vocabulary, from a file that its JSON Schema has accepted.

    Raises:
        SpecError: there is no such rule, one is left out, or one speaks of brands where there are none; it has the other
            mistakes.
    """
    rows = source.value
    branded = any(op.bound("brand_key") for op in api.operations.values())
    gathering = Gathering()
    for name in rows:
        with gathering.part():
            if name not in MANNERS:
                raise source.error((name,), f"there is no rule {name!r}", nearest(name, MANNERS))
            if name.startswith("brand.") and not branded and "none" not in rows[name]:
                raise source.error((name,), "no operation carries a brand key", "say why with `none:`")
    for name in MANNERS:
        with gathering.part():
            if name not in rows:
                raise source.error(
                    (), f"the rule {name!r} is left out", "give its level, or say with `none:` why it has none"
                )
    gathering.end()
    return tuple(
        Manner(
            name,
            rows[name].get("says", says),
            rows[name].get("level", "may"),
            rows[name].get("basis", "silent"),
            rows[name].get("source", ""),
            rows[name].get("none"),
        )
        for name, says in MANNERS.items()
    )
