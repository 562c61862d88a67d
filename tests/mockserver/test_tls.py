"""TLS over real sockets: curl, Python, Node and Java trust a mock by the lines that it prints, and come as somebody."""

from __future__ import annotations

import json
import os
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from watchword.mockserver import connect, start
from watchword.mockserver.launch import Running
from watchword.mockserver.tls import NoTrustme, make_certificates


@pytest.fixture(params=[True, "mutual"], ids=["tls", "mutual"])
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A mock that serves https."""
    with start("sensu", tls=request.param) as running:
        yield running


def environ(running: Running) -> dict[str, str]:
    """Give the environment in which clients trust a mock."""
    assert running.certificates is not None
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    return {**kept, **running.certificates.environ}


PYTHON = """
import ssl, sys, urllib.request
context = ssl.create_default_context()
if sys.argv[2]: context.load_cert_chain(sys.argv[2])
print(urllib.request.urlopen(sys.argv[1], context=context).read().decode())
"""

NODE = """
const https = require("https"), fs = require("fs"), [url, file] = process.argv.slice(2);
const shown = file ? {cert: fs.readFileSync(file), key: fs.readFileSync(file)} : {};
https.get(url, shown, reply => reply.pipe(process.stdout)).on("error", error => { console.error(error.code); process.exit(1); });
"""

JAVA = """
import java.net.URL;
public class Get {
    public static void main(String[] a) throws Exception { new URL(a[0]).openStream().transferTo(System.out); }
}
"""


def asked(running: Running, tool: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Ask a mock whether it is well, with a tool that trusts it by its environment."""
    url, shown = running.control_url + "health", running.client_certificate or ""
    if tool == "curl":
        words = ["curl", "-sS", "-f", *(["--cert", shown] if shown else []), url]
    elif tool == "python":
        words = [sys.executable, "-c", PYTHON, url, shown]
    elif tool == "node":
        (folder / "get.js").write_text(NODE, "utf-8")
        words = ["node", str(folder / "get.js"), url, shown]
    else:
        (folder / "Get.java").write_text(JAVA, "utf-8")
        words = ["java", str(folder / "Get.java"), url]
    return subprocess.run(words, env=variables or environ(running), capture_output=True, text=True, check=False)


TOOLS = [
    pytest.param("curl", marks=pytest.mark.needs("curl")),
    "python",
    pytest.param("node", marks=pytest.mark.needs("node")),
    pytest.param("java", marks=pytest.mark.needs("java")),
]


@pytest.mark.parametrize("tool", TOOLS)
def test_trust(running: Running, tool: str, tmp_path: Path) -> None:
    """By the variables that the mock prints, each tool trusts it; without them it does not."""
    done = asked(running, tool, tmp_path)
    bare = {k: v for k, v in environ(running).items() if running.certificates and k not in running.certificates.environ}

    assert 0 == done.returncode, done.stderr
    assert {"status": "ok"} == json.loads(done.stdout)
    assert 0 != asked(running, tool, tmp_path, **bare).returncode


def test_requests_and_the_client(running: Running) -> None:
    """The files do for requests and for the typed client; the spaces are behind the same certificate."""
    user = (running.credentials["username"], running.credentials["password"])
    with requests.Session() as session:
        session.trust_env = False
        session.verify, session.cert = running.ca_file, running.client_certificate
        assert 200 == session.get(running.url + "/auth", auth=user, timeout=5).status_code
        space = running.space("a")
        assert 200 == session.get(space.url + "/auth", auth=user, timeout=5).status_code
        assert running.ca_file == space.ca_file
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(running.url, timeout=5, proxies={"https": ""})
    far = connect(running.url, ca_file=running.ca_file, client_certificate=running.client_certificate)
    assert [200] == [entry.status for entry in far.journal]
    assert (running.ca_file, running.client_certificate) == (far.ca_file, far.client_certificate)


def answered(running: Running, shown: str | None) -> bytes:
    """Ask a mock whether it is well, showing a certificate; gives the first bytes of the answer, if there is one."""
    context = ssl.create_default_context(cafile=running.ca_file)
    if shown:
        context.load_cert_chain(shown)
    with socket.create_connection(("127.0.0.1", running.port), 5) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="localhost") as wrapped:
                wrapped.sendall(b"GET /__watchword__/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return wrapped.recv(15)
        except (ssl.SSLError, ConnectionError):
            return b""


def test_who_shows_nothing() -> None:
    """With mutual TLS nobody is answered who shows no certificate, or one that somebody else has signed."""
    with start("sensu", tls="mutual") as running, start("sensu", tls="mutual") as other:
        shown = (running.client_certificate, None, other.client_certificate)

        assert [b"HTTP/1.1 200 OK", b"", b""] == [answered(running, file) for file in shown]
        assert [] == running.journal.entries()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "mock", "auth.example.test"])
def test_names(name: str) -> None:
    """The certificate is for this machine, and for the names that were asked for."""
    certificates = make_certificates(names=["mock", "auth.example.test"])
    with start("sensu", tls=certificates) as running:
        context = ssl.create_default_context(cafile=running.ca_file)
        with (
            socket.create_connection(("127.0.0.1", running.port), 5) as plain,
            context.wrap_socket(plain, server_hostname=name) as wrapped,
        ):
            assert "TLSv1.3" == wrapped.version()
    assert certificates.ca_file.exists()
    certificates.close()


def test_plain_text_is_no_trouble(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever speaks plain HTTP to it, or hangs up at once, disturbs nobody."""
    for sent in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"", b"\x16\x03\x01"):
        with socket.create_connection(("127.0.0.1", running.port), 5) as plain:
            plain.sendall(sent)
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(1024):
                pass

    assert running.clock.now() > 0
    assert [] == caplog.records


def test_the_files_go() -> None:
    """Keys are for their owner only, the authority's own is nowhere, and with the mock all files go."""
    with start("sensu", tls="mutual") as running:
        assert running.certificates is not None
        files = {Path(path) for path in running.certificates.files.values()}
        folder = running.certificates.folder
        assert files == set(folder.iterdir())
        assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
        assert 0o600 == stat.S_IMODE(Path(running.client_certificate or "").stat().st_mode)
        assert ["client.pem"] == [f.name for f in files if b"PRIVATE KEY" in f.read_bytes()]
    assert not folder.exists()


def test_a_named_folder_stays(tmp_path: Path) -> None:
    """In a folder that was named the files stay, and are new with each mock."""
    first = make_certificates(tmp_path / "tls").ca_file.read_bytes()
    made = make_certificates(tmp_path / "tls")

    made.close()
    assert made.ca_file.read_bytes() != first


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where trustme is not installed, what brings it is said."""
    monkeypatch.setitem(sys.modules, "trustme", None)

    with pytest.raises(NoTrustme, match=r"watchword\[tls\]"):
        start("sensu", tls=True)


def test_a_context_of_ones_own() -> None:
    """Whoever has certificates already can bring them."""
    made = make_certificates()
    with start("sensu", tls=made.context) as running:
        reply: Any = requests.get(running.control_url + "health", timeout=5, verify=str(made.ca_file))
        assert (200, None) == (reply.status_code, running.ca_file)
    made.close()
