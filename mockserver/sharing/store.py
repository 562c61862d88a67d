"""The store: a Valkey or Redis server that holds who has the turn, what was done since, and at times all that there is.

Each change is one entry of a list, which is cut when somebody has written down the whole.
"""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import redis

__all__ = ["News", "NoRedis", "Store", "StoreError", "TurnLost"]

_LEASE = 5000
"""Milliseconds that a turn may take: then its process has stopped or is gone, and another gets it."""
_PATIENCE = 15.0
"""Seconds to wait for a turn, or for an answer of the store."""
_PAUSE = 0.0005
_KEPT = 500
"""Of so many changes at least it can be told what they were; who knows less starts with the whole."""
_OFTEN = 2000
"""So many changes after the whole was written down, it is time to do it again."""
_LASTS = 86_400_000
"""Milliseconds that a world is kept after the last change."""

# KEYS are the turn, the changes, and what is known of both; ARGV are who asks, the lease, the last change seen, and of which world.
_NEWS = """
local known = redis.call('HMGET', KEYS[3], 'world', 'base', 'at')
if not known[1] then return {'', 0, 0, false, {}} end
local base, at = tonumber(known[2]), tonumber(known[3])
local version, seen = base + redis.call('LLEN', KEYS[2]), tonumber(ARGV[3])
if known[1] ~= ARGV[4] or seen < base or seen > version then
  return {known[1], version, at, redis.call('HGET', KEYS[3], 'whole'), redis.call('LRANGE', KEYS[2], at - base, -1)}
end
return {known[1], version, at, false, redis.call('LRANGE', KEYS[2], seen - base, -1)}
"""
_BEGIN = (
    """
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return false
end
"""
    + _NEWS
)
# ARGV are who asks, the change, the whole, of which world, how many changes are kept, and how long all of it lasts.
_END = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
if ARGV[3] ~= '' and redis.call('HGET', KEYS[3], 'world') ~= ARGV[4] then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[3], 'world', ARGV[4], 'base', 0, 'at', 0)
end
if ARGV[2] ~= '' then redis.call('RPUSH', KEYS[2], ARGV[2]) end
local base, size = tonumber(redis.call('HGET', KEYS[3], 'base')), redis.call('LLEN', KEYS[2])
local version = base + size
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[3], 'whole', ARGV[3], 'at', version)
  local much = size - tonumber(ARGV[5])
  if much > 0 then
    redis.call('LTRIM', KEYS[2], much, -1)
    redis.call('HSET', KEYS[3], 'base', base + much)
  end
end
redis.call('PEXPIRE', KEYS[2], ARGV[6])
redis.call('PEXPIRE', KEYS[3], ARGV[6])
redis.call('DEL', KEYS[1])
return version
"""


class StoreError(Exception):
    """The store cannot be used: which, and why."""


class NoRedis(StoreError):
    """The library that speaks with the store is not installed."""


class TurnLost(StoreError):
    """A turn took so long that another process got it: nothing of it holds."""


@dataclass(frozen=True, slots=True)
class News:
    """What the others did. `whole` is there for who has seen too little; the changes are those after it."""

    whole: bytes | None
    changes: list[bytes]


class Store:
    """The place of one world in a store, for one process. Not safe for threads; connects when it is first used."""

    def __init__(self, url: str, name: str) -> None:
        try:
            import redis
        except ImportError:
            raise NoRedis("--store wants the extra: pip install 'watchword[store]'") from None
        self._trouble = redis.RedisError
        self._told = _told(url)
        try:
            self._client: redis.Redis = redis.Redis.from_url(
                url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
            )
        except ValueError as error:
            raise StoreError(f"expected a URL such as redis://127.0.0.1:6379/0, seen {self._told}: {error}") from None
        self._keys = [f"watchword:{{{name}}}:{what}" for what in ("turn", "changes", "known")]
        self._name: tuple[int, str] | None = None
        self._world = ""
        self._version = self._at = 0
        self._begin, self._news, self._end = map(self._client.register_script, (_BEGIN, _NEWS, _END))

    def check(self) -> None:
        """See whether the store answers.

        Raises:
            StoreError: it does not.
        """
        try:
            self._client.ping()
        except self._trouble as error:
            raise self._explained(error) from None
        finally:
            # A process that is forked shares no connection.
            self._client.close()

    @property
    def is_new(self) -> bool:
        """Whether the store knows nothing of the world."""
        return not self._world

    @property
    def is_far_behind(self) -> bool:
        """Whether the next news are the whole, which takes longer to read than others should wait."""
        return self._version < 0 or not self._world

    @property
    def is_due(self) -> bool:
        """Whether it is time to write the whole down."""
        return self._version - self._at >= _OFTEN

    def begin(self) -> News:
        """Wait for the turn, and give what was done since the last.

        Raises:
            StoreError: the store cannot be reached, or there is no turn to be had.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            told = self._ask(self._begin, self._me(), _LEASE, self._version, self._world)
            if told is not None:
                return self._read(told)
            if time.monotonic() > deadline:
                raise StoreError(f"the store {self._told} has given the turn to nobody else for {_PATIENCE:.0f} s")
            time.sleep(_PAUSE)

    def news(self) -> News:
        """Give what was done since, without a turn.

        Raises:
            StoreError: the store cannot be reached.
        """
        return self._read(self._ask(self._news, "", 0, self._version, self._world))

    def end(self, change: bytes = b"", whole: bytes = b"") -> None:
        """End the turn with what was done in it; `whole` is all that there is, with that.

        Raises:
            TurnLost: it had ended already.
            StoreError: the store cannot be reached, and nobody knows whether the change got there.
        """
        self._world = self._world or secrets.token_hex(8)
        version = self._ask(self._end, self._me(), change, whole, self._world, _KEPT, _LASTS)
        if version < 0:
            self.forget()
            raise TurnLost(f"a request took so long that the store {self._told} gave its turn to another process")
        self._version = version
        if whole:
            self._at = version

    def give_up(self) -> None:
        """Take the turn away from whoever has it.

        Raises:
            StoreError: the store cannot be reached.
        """
        try:
            self._client.delete(self._keys[0])
        except self._trouble as error:
            raise self._explained(error) from None

    def forget(self) -> None:
        """Take nothing for seen: what is here is not what is there."""
        self._version = -1

    def _me(self) -> str:
        """Give the name of this process, which was made after it had begun: a fork has another."""
        if self._name is None or self._name[0] != os.getpid():
            self._name = os.getpid(), secrets.token_hex(8)
        return self._name[1]

    def _read(self, told: list[Any]) -> News:
        world, self._version, self._at, whole, changes = told
        self._world = world.decode()
        return News(whole, changes)

    def _ask(self, script: Any, *arguments: Any) -> Any:
        try:
            return script(self._keys, arguments)
        except self._trouble as error:
            self.forget()
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> StoreError:
        return StoreError(f"the store {self._told} cannot be used: {str(error).rstrip('.') or type(error).__name__}")


def _told(url: str) -> str:
    """Give a URL without the password in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
