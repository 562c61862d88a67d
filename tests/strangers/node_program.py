"""A stranger's server that is a Node program, as WSGI: a process of its own, and what hands requests on to it."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PACKAGES = HERE.parent.parent / ".venv-node"
"""Where the packages are: a program that is given in the command line looks for them from its folder."""
HOP = ("connection", "keep-alive", "transfer-encoding")


class Program:
    """A server program beside this file. It ends when it is closed, or when this process ends.

    What it says of itself, its first line apart, goes where this process says such things.
    """

    def __init__(self, name: str, credentials: dict[str, str], lifetime: int) -> None:
        words = ["node", "--input-type=module", "--eval", (HERE / name).read_text("utf-8")]
        self.process = subprocess.Popen(words, cwd=PACKAGES, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"credentials": credentials, "lifetime": lifetime}) + "\n")
        self.process.stdin.flush()
        first = self.process.stdout.readline()
        if not first:
            raise RuntimeError(f"{name} ended with {self.process.wait()} before it had a port")
        self.port = int(first)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Hand a request on, and the reply back."""
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or (name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value)
        }
        target = environ["PATH_INFO"] + (f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else "")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request(environ["REQUEST_METHOD"], target, body, headers)
            reply = connection.getresponse()
            content = reply.read()
        finally:
            connection.close()
        told = [(name, value) for name, value in reply.getheaders() if name.lower() not in HOP]
        start_response(f"{reply.status} {reply.reason}", told)
        return [content]

    def close(self) -> None:
        """End the program, by the end of what it reads."""
        self.process.communicate()
