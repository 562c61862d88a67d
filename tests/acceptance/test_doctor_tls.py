"""What the doctor, and the start of a run, say of certificates: whose, by whom, until when, and what is wrong with them."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import subprocess
import threading

import pytest

from tests.acceptance.authority import DAY, Authority, secured
from tests.acceptance.consulting import bad, keeper, notes_of, problem_of


@pytest.fixture
def authority(tmp_path):
    """Somebody who signs certificates, and is trusted where a target file names the file."""
    return Authority(tmp_path)


def test_tls(authority, serve, made_up, write_target):
    """A certificate that is right: whose it is, by whom, until when."""
    front = serve(keeper, secured(authority.sign("127.0.0.1", "api.example.test")))
    notes = notes_of(write_target(made_up("sensu", front.url), target={"ca_file": authority.file.name}))
    until = (datetime.datetime.now(datetime.UTC) + DAY * 90).date()

    assert [] == bad(notes)
    assert f"by Office of Trust holds until {until}" in notes["tls"][0][1]


@pytest.mark.parametrize(
    ("names", "when", "trusted", "says"),
    [
        (
            ["127.0.0.1"],
            {"begins": -9 * DAY, "ends": -2 * DAY},
            True,
            "the certificate ended on {last}, have it renewed",
        ),
        (["127.0.0.1"], {"begins": 2 * DAY, "ends": 9 * DAY}, True, "is the clock of this machine right?"),
        (["api.example.test", "b.test"], {}, True, "is for api.example.test and b.test and not for 127.0.0.1"),
        (["127.0.0.1"], {}, False, "is signed by Office of Trust, whom this machine does not trust, check it and name"),
    ],
)
def test_wrong_certificate(names, when, trusted, says, authority, serve, made_up, write_target):
    """Expired, not yet valid, of another name, of somebody unknown: each is told as what it is."""
    front = serve(keeper, secured(authority.sign(*names, **when)))
    keys = {"ca_file": authority.file.name} if trusted else {}
    check, text = problem_of(write_target(made_up("sensu", front.url), target=keys))
    last = (datetime.datetime.now(datetime.UTC) - 2 * DAY).date()

    assert "tls" == check
    assert says.format(last=last) in text
    assert [] == front.asked


def test_a_certificate_that_ends_soon(authority, serve, made_up, write_target, suites):
    """A certificate that ends within two weeks is told, at the start of a run, too, which goes on."""
    front = serve(keeper, secured(authority.sign("127.0.0.1", ends=DAY * 3)))
    path = write_target(made_up("sensu", front.url), target={"ca_file": authority.file.name, "name": "staging"})
    done = suites("--target", path, "-k", "token.valid")

    assert ["warning"] == [kind for kind, _ in notes_of(path)["tls"]]
    assert "warning: staging: TLSv1.3" in done.out
    assert done.code not in (4, 6), done.text


def test_insecure(authority, serve, made_up, write_target):
    """Whoever believes everybody is told so loudly, and by whom the certificate is."""
    front = serve(keeper, secured(authority.sign("127.0.0.1")))
    [(kind, says)] = notes_of(write_target(made_up("sensu", front.url), target={"insecure": True}))["tls"]

    assert "warning" == kind
    assert says.startswith("INSECURE: target.insecure is set")
    assert "by Office of Trust" in says


def test_an_insecure_run(authority, serve, made_up, write_target, suites):
    """A run that believes everybody says so on the terminal, in its records and on its page."""
    front = serve(keeper, secured(authority.sign("127.0.0.1")))
    done = suites("--target", write_target(made_up("sensu", front.url), target={"insecure": True}), "-k", "token.valid")

    assert "warning: 127.0.0.1" in done.out
    for text in (done.out, str(done.run.run.options), (done.folder / "report.html").read_text("utf-8")):
        assert "INSECURE: target.insecure is set" in text


@pytest.mark.needs("curl")
@pytest.mark.parametrize("insecure", [True, False])
def test_curl_lines(insecure, authority, serve, made_up, write_target, suites):
    """The shell line of a record trusts and shows what the run does."""
    front = serve(keeper, secured(authority.sign("127.0.0.1"), clients=authority.file))
    keys = {"insecure": True} if insecure else {"ca_file": authority.file.name}
    keys["client_certificate"] = authority.sign("client.test").name
    done = suites("--target", write_target(made_up("sensu", front.url), target=keys), "-k", "token.valid-credentials")
    [record] = done.run.clauses
    again = subprocess.run(["sh", "-c", record.exchanges[-1].curl], capture_output=True, text=True, check=False)

    assert "pass" == record.verdict
    assert ("--insecure" in record.exchanges[-1].curl) is insecure
    assert again.stdout.startswith("HTTP/1.1 "), (record.exchanges[-1].curl, again.stderr)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_client_certificate(version, authority, serve, made_up, write_target):
    """A server that asks for a certificate: that is told, and with one it is served."""
    front = serve(keeper, secured(authority.sign("127.0.0.1"), clients=authority.file, version=version))
    keys = {"ca_file": authority.file.name}
    _, says = problem_of(write_target(made_up("sensu", front.url), target=keys))
    keys["client_certificate"] = authority.sign("client.test").name

    assert "target.client_certificate" in says
    assert [] == bad(notes_of(write_target(made_up("sensu", front.url), target=keys)))


def test_a_client_certificate_of_somebody_else(authority, tmp_path, serve, made_up, write_target):
    """A client's certificate that the server does not know, and one that is none."""
    front = serve(keeper, secured(authority.sign("127.0.0.1"), clients=authority.file))
    keys = {
        "ca_file": authority.file.name,
        "client_certificate": Authority(tmp_path, "Stranger").sign("client.test").name,
    }
    _, says = problem_of(write_target(made_up("sensu", front.url), target=keys))
    keys["client_certificate"] = authority.file.name
    _, keyless = problem_of(write_target(made_up("sensu", front.url), target=keys))

    assert "does not take the certificate of target.client_certificate" in says
    assert "hold no certificate with its key" in keyless


def test_tls_by_way_of_a_proxy(authority, serve, plain_socket, made_up, write_target, monkeypatch):
    """Through the tunnel of a proxy the certificate is that of the server, and is looked at as any other."""
    front = serve(keeper, secured(authority.sign("api.example.test")))
    monkeypatch.setenv("https_proxy", plain_socket(tunnel_to(int(front.url.rpartition(":")[2]))))
    keys = {"ca_file": authority.file.name}

    assert [] == bad(notes_of(write_target(made_up("sensu", "https://api.example.test"), target=keys)))
    assert (
        "is for api.example.test and not for b.example.test"
        in notes_of(write_target(made_up("sensu", "https://b.example.test"), target=keys))["tls"][0][1]
    )


def tunnel_to(port):
    """A proxy that takes every CONNECT to that port of this machine."""

    def carry(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def serve_one(near):
        head = near.recv(65536)
        if not head.startswith(b"CONNECT "):
            near.close()
            return
        far = socket.create_connection(("127.0.0.1", port))
        near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

        def both() -> None:
            there = threading.Thread(target=carry, args=(near, far))
            there.start()
            carry(far, near)
            there.join()
            far.close()

        threading.Thread(target=both, daemon=True).start()

    return serve_one


def test_plain_http_for_tls(serve, made_up, write_target):
    """An https address whose port speaks plain HTTP."""
    front = serve(keeper)
    check, says = problem_of(write_target(made_up("sensu", front.url.replace("http:", "https:"))))

    assert "tls" == check
    assert "or is http:// meant" in says


def test_tls_for_plain_http(authority, serve, made_up, write_target):
    """A plain address whose port speaks TLS."""
    front = serve(keeper, secured(authority.sign("127.0.0.1")))
    _, says = problem_of(write_target(made_up("sensu", front.url.replace("https:", "http:"))))

    assert "cannot be reached" in says
    assert front.asked == []
