"""What a mock is made of, as whoever starts one says it: names, files and plain values, or what they stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypedDict, Unpack

from watchword.mockserver.clock import Clock, Ids
from watchword.mockserver.faults.fault import Fault
from watchword.mockserver.orders.kinds import KINDS
from watchword.mockserver.service import Service
from watchword.mockserver.state.world import REMEMBERED
from watchword.specs.errors import SpecError, nearest
from watchword.specs.loader import Dialect, load_dialect, load_world, make_world
from watchword.specs.placing import Endpoints
from watchword.specs.values.profile import WorldData

__all__ = ["Prepared", "Recipe", "World", "find_world", "prepare", "world_file"]

World = str | Path | Mapping[str, Any] | WorldData
"""Who lives in a mock: the name of a world of the dialect, a file, what such a file says, or a value."""


class Recipe(TypedDict, total=False):
    """What a mock is like.

    `profile` and `fault` are names. `endpoints` are the paths of the server that is imitated, where they are others than the
    described ones, and False for what it has not. `world` says who lives there: the name of a file in the dialect's folder `worlds`, a path,
    or what such a file says. `clock` and `ids` are where time and chance come from, and the lifetimes are in seconds, in place
    of the profile's. Of each kind of token, `remember` are kept.
    """

    profile: str
    fault: str | Fault | None
    endpoints: Endpoints
    world: World | None
    clock: Clock | None
    ids: Ids | None
    access_token_lifetime: int | None
    refresh_token_lifetime: int | None
    remember: int


class Prepared(NamedTuple):
    """A service, the way to read its world again if that came from a file, and the fault that all its calls meet, if any."""

    service: Service
    reload: Callable[[], WorldData] | None = None
    lasting: str | None = None


def prepare(dialect: str | Path | Dialect | Service, **recipe: Unpack[Recipe]) -> Prepared:
    """Make a service of a dialect, named or in a folder.

    A service that is ready is given back as it is.

    Raises:
        SpecError: there is no such dialect, profile, fault, endpoint or world, or its data is wrong.
        TypeError: a service was given and something beside it that it is to be made of.
    """
    # What answers as a service does is one, whatever its class.
    if not isinstance(dialect, str | Path | Dialect):
        if recipe:
            raise TypeError(f"expected a dialect beside {', '.join(recipe)}; a service is made already")
        return Prepared(dialect)
    loaded = dialect if isinstance(dialect, Dialect) else load_dialect(dialect)
    loaded = loaded.placed(recipe.get("endpoints", {}))
    named = recipe.get("world")
    world = None if named is None else find_world(loaded, named)
    reload = None if not isinstance(named, str | Path) else lambda: find_world(loaded, named)
    fault = recipe.get("fault")
    lasting = fault if isinstance(fault, str) and fault.partition("@")[0] in KINDS else None
    if lasting is not None:
        fault = None
    elif isinstance(fault, str):
        # The catalogue wants the register, which a mock that tells the truth does without.
        from watchword.mockserver.faults.catalogue import find_fault

        fault = find_fault(loaded, fault, KINDS)
    service = Service(
        loaded,
        recipe.get("profile", "documented"),
        world,
        recipe.get("clock"),
        recipe.get("ids"),
        fault,
        access_token_lifetime=recipe.get("access_token_lifetime"),
        refresh_token_lifetime=recipe.get("refresh_token_lifetime"),
        remember=recipe.get("remember", REMEMBERED),
    )
    return Prepared(service, reload, lasting)


def find_world(dialect: Dialect, world: World) -> WorldData:
    """Give a world by name, file, content or value.

    Raises:
        SpecError: there is no such world, or it is wrong.
    """
    if isinstance(world, WorldData):
        return world
    if isinstance(world, Mapping):
        return make_world(world, dialect.api)
    return load_world(world_file(dialect, world), dialect.api)


def world_file(dialect: Dialect, world: str | Path) -> Path:
    """Give the file of a world: one of the dialect's folder `worlds` by its name, or any by its path.

    Raises:
        SpecError: there is no world of that name.
    """
    folder = dialect.folder / "worlds"
    known = {path.stem: path for path in folder.glob("*.yaml")}
    if str(world) in known:
        return known[str(world)]
    path = Path(world)
    if path.suffix or len(path.parts) > 1 or path.is_file():
        return path
    near = nearest(str(world), known) if known else f"{dialect.name} has none"
    raise SpecError(folder, None, f"there is no world {str(world)!r}", f"{near}; the path of a world file will do, too")
