"""What `Masker` finds, what it leaves, and what it calls things."""

from __future__ import annotations

import base64
import html
import json
import random
import re
import string
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from watchword.specs.needles import is_common
from watchword.specs.redaction import Masker, is_secret

NASTY = 'pä ss"w&ö/rd😀<\\'
PLAIN = "Quarry7-Lantern"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtaXJhIn0.c2lnbmF0dXJl"


def coded(text: str | bytes) -> str:
    """Base64-encode a text."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


WRITINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "in a sentence": lambda secret: f"the password {secret} was refused",
    "glued": lambda secret: f"abc{secret}def",
    "percent": lambda secret: quote(secret, safe=""),
    "percent, lower case": lambda secret: re.sub("%..", lambda m: m.group().lower(), quote(secret, safe="")),
    "percent, every byte": lambda secret: "".join(f"%{byte:02X}" for byte in secret.encode()),
    "percent, mixed": lambda secret: "".join(
        f"%{b:02x}" if i % 2 else f"%{b:02X}" for i, b in enumerate(secret.encode())
    ),
    "percent, slash kept": quote,
    "form": quote_plus,
    "form, twice": lambda secret: quote_plus(quote_plus(secret)),
    "json": json.dumps,
    "json, not ascii": lambda secret: json.dumps(secret, ensure_ascii=False),
    "json, every character": lambda secret: "".join(
        f"\\u{int.from_bytes(pair, 'big'):04X}" for pair in _pairs(secret.encode("utf-16-be"))
    ),
    "json in json": lambda secret: json.dumps({"body": json.dumps({"password": secret})}),
    "json in json in json": lambda secret: json.dumps([json.dumps([json.dumps([secret])])]),
    "json behind percent": lambda secret: quote(json.dumps({"a": secret})),
    "repr": repr,
    "repr of bytes": lambda secret: repr(secret.encode()),
    "html": html.escape,
    "html, numbers": lambda secret: "".join(f"&#{ord(c)};" for c in secret),
    "html, hexadecimal": lambda secret: "".join(f"&#x{ord(c):X};" for c in secret),
    "json in html": lambda secret: html.escape(json.dumps({"a": secret})),
    "latin-1 reading": lambda secret: secret.encode().decode("latin-1"),
    "base64": coded,
    "base64url": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "basic": lambda secret: f"Authorization: Basic {coded('mira:' + secret)}",
    "basic, percent before": lambda secret: f"Basic {coded('app:' + quote(secret, safe=''))}",
    "basic, form before": lambda secret: f"Basic {coded('app:' + quote_plus(secret))}",
    "basic behind percent": lambda secret: quote(f"Basic {coded('mira:' + secret)}", safe=""),
    "base64 at offset 1": lambda secret: coded("a" + secret + "bc"),
    "base64 at offset 2": lambda secret: coded("ab" + secret + "c"),
    "base64 behind a path": lambda secret: f"/reset/{coded('x' + secret)}/now",
    "base64 of json": lambda secret: coded(json.dumps({"password": secret})),
    "base64url of binary": lambda secret: base64.urlsafe_b64encode(
        b"\xff\xfe\xfb" + secret.encode() + b"\xff"
    ).decode(),
    "jwt": lambda secret: f"{coded('{}')}.{coded(json.dumps({'sub': secret})).rstrip('=')}.c2ln",
}


def _pairs(raw: bytes) -> list[bytes]:
    return [raw[index : index + 2] for index in range(0, len(raw), 2)]


@pytest.mark.parametrize(
    "secret", [NASTY, PLAIN, TOKEN, "abcd", "1234567"], ids=["nasty", "plain", "token", "short", "digits"]
)
@pytest.mark.parametrize("write", list(WRITINGS.values()), ids=list(WRITINGS))
def test_writings(write: Callable[[str], str], secret: str) -> None:
    """A secret is found however it is written, and its pseudonym stands in its place, also where it was not known at first."""
    masker = Masker()
    name = masker.learn("password", secret)
    text = write(secret)

    masked = masker.mask(text)

    assert name in masked
    assert secret not in masked
    for piece in (coded(secret)[2:-4], coded("a" + secret)[4:-4], coded("ab" + secret)[4:-4], quote(secret, safe="")):
        assert not piece or piece not in masked
    assert masked == masker.mask(masked)
    late = Masker()
    late.mask(text)
    late.learn("password", secret)
    assert secret not in late.mask(text) != text


def test_surroundings_stay() -> None:
    """Only the secret goes; what stands around it stays."""
    masker = Masker()
    masker.learn("password", PLAIN)
    masker.learn("access_token", TOKEN)

    assert '{"password": "password#1", "n": 1}' == masker.mask(json.dumps({"password": PLAIN, "n": 1}))
    assert "Authorization: Bearer access_token#1\r\n" == masker.mask(f"Authorization: Bearer {TOKEN}\r\n")
    assert "Authorization: Basic password#1\r\n" == masker.mask(f"Authorization: Basic {coded('mira:' + PLAIN)}\r\n")
    assert "a=1&password=password#1&b=2" == masker.mask(f"a=1&password={quote(PLAIN)}&b=2")


def test_names() -> None:
    """Pseudonyms count up for each role in the order of learning, and a value keeps its first."""
    masker = Masker()

    names = [
        masker.learn(*pair) for pair in [("access_token", "aaaa1"), ("access_token", "aaaa2"), ("password", "bbbb")]
    ]

    assert ["access_token#1", "access_token#2", "password#1"] == names
    assert "access_token#1" == masker.learn("refresh_token", "aaaa1")
    assert ("access_token#2", None) == (masker.known("aaaa2"), masker.known("cccc"))


@pytest.mark.parametrize("secret", ["s", "0", "abc", "401", "token", "Admin", "password"])
def test_short_and_common_secrets(secret: str) -> None:
    """A secret that is short, or a word that stands anywhere, is masked only where it is the value of a secret."""
    masker = Masker()
    masker.learn("password", secret)
    told = f"GET /auth/{secret}/x answered 401: 172800 {secret}s, grant_type={secret}, a {secret} b, token_type"

    assert told == masker.mask(told)
    assert "password#1" == masker.mask(secret)
    assert "a=1&password=password#1&b=2" == masker.mask(f"a=1&password={secret}&b=2")
    assert '{"client_secret": "password#1"}' == masker.mask(json.dumps({"client_secret": secret}))
    assert '"{\\"new_password\\":\\"password#1\\"}"' == masker.mask(json.dumps(f'{{"new_password":"{secret}"}}'))
    assert "Basic password#1" == masker.mask(f"Basic {coded(f'me:{secret}')}")


def test_expected_words() -> None:
    """What a masker was told to expect is as common as the words that it knows by itself."""
    masker = Masker()
    masker.expect(["Lanternhouse"])
    masker.learn("password", "lanternhouse")

    assert "http://lanternhouse.test/x?password=password#1" == masker.mask(
        "http://lanternhouse.test/x?password=lanternhouse"
    )


def test_digits_in_a_number() -> None:
    """Few digits are a secret where they stand alone, and none inside a longer number."""
    masker = Masker()
    masker.learn("access_token", "1728")

    assert "172800 s, xaccess_token#1x" == masker.mask("172800 s, x1728x")


def test_empty_secret() -> None:
    """An empty value has a name and is masked nowhere."""
    masker = Masker()
    masker.learn("password", "")

    assert "some text" == masker.mask("some text")


def test_overlapping_secrets() -> None:
    """Of secrets that overlap, no part of either stays; the longest gives the name."""
    masker = Masker()
    masker.learn("password", "abcdef")
    masker.learn("client_secret", "efghijkl")

    assert "<client_secret#1>" == masker.mask("<abcdefghijkl>")
    assert "password#1client_secret#1" == masker.mask("abcdefefghijkl")


def test_secret_inside_a_secret() -> None:
    """A secret that contains another is masked as itself."""
    masker = Masker()
    masker.learn("password", "lantern")
    masker.learn("access_token", "lantern-and-more")

    assert "access_token#1 password#1" == masker.mask("lantern-and-more lantern")


def test_unknown_jwt() -> None:
    """A JWT that nobody learned is masked, under a name that stays."""
    masker = Masker()
    unsigned = TOKEN.rpartition(".")[0] + "."

    assert "jwt#1 jwt#2. jwt#1" == masker.mask(f"{TOKEN} {unsigned}. {TOKEN}")
    assert "token=jwt#1;" == masker.mask(f"token={TOKEN};")


def test_unknown_basic() -> None:
    """Basic credentials that nobody learned are masked; words that merely follow the word Basic are not."""
    masker = Masker()

    assert "Basic credentials#1" == masker.mask(f"Basic {coded('someone:else')}")
    assert "Basic authentication, a basic operation" == masker.mask("Basic authentication, a basic operation")


def test_pair() -> None:
    """A learned pair is masked without the word Basic too."""
    masker = Masker()

    assert "password#1" == masker.learn_pair("mira", "abc")
    assert "x=password#1" == masker.mask(f"x={coded('mira:abc')}")


@pytest.mark.parametrize(
    "secret", ["password", "word", "#1xy", "pass", "password#1", "a password#1 b", "1234", "password#2"]
)
def test_secrets_like_pseudonyms(secret: str) -> None:
    """Secrets that look like parts of pseudonyms leave the result of masking stable."""
    masker = Masker()
    masker.learn("password", "hunter2")
    masker.learn("password", secret)
    masker.learn("access_token", "Apass")
    for text in (
        f"hunter2xy {secret}",
        f"hunter2{secret}",
        f"A{secret}",
        f"{secret}hunter2",
        f"Ahunter2 a hunter2 b {secret}",
    ):
        masked = masker.mask(text)

        assert "hunter2" not in masked
        assert masked == masker.mask(masked)


def test_plain_text_is_left_alone() -> None:
    """Text without a secret comes back as it is."""
    masker = Masker()
    masker.configure({"username": "mira", "password": PLAIN})
    text = 'GET /auth?a=%41&b=c+d HTTP/1.1\\r\\n {"a": "\\u00e4"} &amp; mira aGVsbG8gd29ybGQhIQ== keyboard.layout.de'

    assert text == masker.mask(text)


def test_variables() -> None:
    """Command lines name what is configured after its role, and the rest after its pseudonym."""
    masker = Masker()
    masker.configure({"username": "mira", "password": PLAIN, "other_password": "Harbor3"})
    masker.learn("access_token", "aaaa1")

    assert "WATCHWORD_USERNAME" == masker.variable("username", "mira")
    assert "WATCHWORD_PASSWORD" == masker.variable("password", PLAIN)
    assert "WATCHWORD_OTHER_PASSWORD" == masker.variable("password", "Harbor3")
    assert "ACCESS_TOKEN_2" == masker.variable("access_token", "aaaa2")
    assert "mira other_password#1" == masker.mask("mira Harbor3")


@pytest.mark.parametrize(
    ("role", "expected"), [("password", True), ("other_password", True), ("refresh_token", True), ("username", False)]
)
def test_is_secret(role: str, expected: bool) -> None:
    """Passwords, secrets and tokens are secret, those of the second user too."""
    assert expected == is_secret(role)


def test_ten_thousand_tokens() -> None:
    """Learning and masking stay quick when there are many tokens that begin alike."""
    masker = Masker()
    tokens = [f"eyJhbGciOiJIUzI1NiJ9.{'x' * 40}{number:06}.sig" for number in range(10_000)]
    start = time.perf_counter()
    for token in tokens:
        masker.learn("access_token", token)
        if masker.known(token) == "access_token#5000":
            masker.mask(token)

    assert "access_token#10000" == masker.mask(tokens[-1])
    assert time.perf_counter() - start < 20


def common(secret: str) -> bool:
    """Tell whether a secret is looked for only where it is a value."""
    return is_common(secret) or (secret.isdigit() and len(secret) < 8)


LETTERS = string.ascii_letters + string.digits
SIZE = 64_000
HUGE: dict[str, tuple[str, str]] = {
    "one letter": ("a" * SIZE, "a" * SIZE),
    "one letter, cut": ("a" * SIZE, "a" * (SIZE - 1)),
    "twice": ("a" * SIZE, "a" * SIZE + "." + "a" * SIZE),
    "letters": ("".join(random.Random(1).choices(LETTERS, k=SIZE)),) * 2,
    "percent": ("%" * SIZE, quote("%" * SIZE)),
    "escapes": ("\\" * SIZE, json.dumps("\\" * SIZE)),
    "JWT": ("abcd", f"eyJ{'a' * SIZE}.eyJ{'b' * SIZE}.c"),
    "no JWT": ("abcd", "eyJ" * SIZE),
    "no JWTs": ("abcd", "eyJhhhhhhhhh." * (SIZE // 10)),
    "dots": ("abcd", "a." * SIZE),
    "needles": ("aaaa", "a" * SIZE),
    "needles in base64": ("aaaa", "YWFh" * (SIZE // 4)),
    "escapes behind escapes": ("abcd", "%25255C&amp;" * (SIZE // 12)),
    "pseudonyms": ("abcd", "password#1 abcd" * (SIZE // 15)),
    "basic": ("abcd", "basic " * (SIZE // 6)),
    "names of secrets": ("abc", "token" * (SIZE // 5)),
    "halves of characters": ("abcd", "\\ud83d" * (SIZE // 6)),
    "NUL": ("abcd", "a\0b\0c\0d\0" * (SIZE // 8)),
}


@pytest.mark.parametrize(("secret", "text"), HUGE.values(), ids=HUGE)
def test_masking_is_linear(secret: str, text: str) -> None:
    """Eight times the text takes no more than a small multiple of eight times the steps, whatever stands in it."""
    masker = Masker()
    masker.learn("password", secret)

    # Others use the machine: once without them is enough.
    assert any(work(masker, text) < 40 * work(masker, text[: len(text) // 8]) + 2_000_000 for _ in range(4))
    if len(secret) > 100:
        assert secret[:100] not in masker.mask(text)


def work(masker: Masker, text: str) -> int:
    """Count the nanoseconds of this process that masking takes."""
    began = time.process_time_ns()
    masker.mask(text)
    return time.process_time_ns() - began


def test_long_secret_cut_off() -> None:
    """Of a long secret that is cut off, wherever, nothing is left once its beginning is there."""
    masker = Masker()
    token = "".join(random.Random(2).choices(LETTERS, k=5000))
    name = masker.learn("access_token", token)

    assert f"<{name}>" == masker.mask(f"<{token}>")
    assert f'{{"a": "{name}' == masker.mask(f'{{"a": "{token[:1000]}')
    assert f"<{name}>" == masker.mask(f"<{coded(token)[:2000]}>")
    assert name == masker.known(token)


def test_long_secrets_that_begin_alike() -> None:
    """Long secrets that begin alike keep their own names."""
    masker = Masker()
    tokens = [f"{'x' * 400}{end}" for end in ("one", "two", "three")]
    names = [masker.learn("access_token", token) for token in tokens]

    assert " ".join(names) == masker.mask(" ".join(tokens))


def test_many_strangers() -> None:
    """However many strangers there are, each is masked, and what is remembered of them has an end."""
    masker = Masker()
    text = " ".join(f"eyJhbGciOiJIUzI1NiJ9.{number:08}.sig" for number in range(3000))

    assert "eyJ" not in masker.mask(text)
    assert "eyJ" not in masker.mask(text)


SECRETS = st.text(min_size=4, max_size=20).filter(lambda secret: not common(secret))
PSEUDONYM = re.compile(r"(?:password|access_token|jwt|credentials)#\d+")


@given(
    secrets=st.lists(SECRETS, min_size=1, max_size=4),
    before=st.text(max_size=8),
    after=st.text(max_size=8),
    write=st.sampled_from([str, json.dumps, lambda s: quote(s, safe="", errors="replace"), html.escape]),
)
def test_any_secret(secrets: list[str], before: str, after: str, write: Callable[[str], str]) -> None:
    """Whatever the secrets and whatever stands around them, none is left and masking again changes nothing."""
    assume(not any(surrogate(text) for text in (*secrets, before, after)))
    masker = Masker()
    for number, secret in enumerate(secrets):
        masker.learn(("password", "access_token")[number % 2], secret)

    masked = masker.mask(before + write(secrets[0]) + after)

    rest = PSEUDONYM.sub("\x00", masked)
    assert all(secret not in rest for secret in secrets)
    assert masked == masker.mask(masked)


def surrogate(text: str) -> bool:
    """Tell whether a text holds half a character."""
    return any("\ud800" <= c <= "\udfff" for c in text)


@given(
    secret=st.binary(min_size=4, max_size=12).map(lambda raw: raw.decode("latin-1")),
    front=st.binary(max_size=7),
    back=st.binary(max_size=7),
)
def test_any_offset_in_base64(secret: str, front: bytes, back: bytes) -> None:
    """A secret inside a longer base64 run takes the whole run with it, at any offset and in both alphabets."""
    masker = Masker()
    name = masker.learn("password", secret)
    raw = front + secret.encode() + back
    for text in (coded(raw), base64.urlsafe_b64encode(raw).decode()):
        assert name in masker.mask(f"[{text}]")


def test_a_masker_that_forgets():
    """It keeps the newest values and those that last, under the names they had; the others are strangers to it again."""
    masker = Masker(remembers=3)
    masker.configure({"password": "Quarry7-Lantern"})
    values = [f"opaque-token-{number:03}" for number in range(20)]
    names = [masker.learn("access_token", value) for value in values]

    assert [f"access_token#{number}" for number in range(1, 21)] == names
    assert masker.mask(f"{values[-1]} {values[-3]} Quarry7-Lantern") == f"{names[-1]} {names[-3]} password#1"
    assert 3 <= sum(masker.known(value) is not None for value in values) <= 6
    assert values[0] == masker.mask(values[0])
    assert "access_token#21" == masker.learn("access_token", values[0])
    assert "password#1" == masker.learn("password", "Quarry7-Lantern")


@pytest.mark.parametrize(
    "told",
    [
        lambda masker: masker.learn("password", PLAIN),
        lambda masker: masker.learn_pair("mira", PLAIN),
        lambda masker: masker.configure({"password": PLAIN}),
    ],
    ids=["learned", "learned as a pair", "configured"],
)
def test_a_text_that_was_masked_before(told: Callable[[Masker], object]) -> None:
    """What was shown as it is while nobody knew better is masked as soon as somebody does, whole and in a pair."""
    masker = Masker()
    texts = [f"said {PLAIN} twice", coded(f"mira:{PLAIN}")]
    for text in texts:
        assert text == masker.mask(text)

    told(masker)

    assert ["said password#1 twice", "password#1"] == [masker.mask(text) for text in texts]


def test_a_word_that_becomes_common() -> None:
    """A text that was masked before its word was expected keeps the word afterwards, like any other text."""
    masker = Masker()
    masker.learn("password", "lantern")
    masker.expect(["orchard"])
    assert "an orchard, a password#1" == masker.mask("an orchard, a lantern")

    masker.learn("password", "orchard")

    assert "an orchard, a password#1" == masker.mask("an orchard, a lantern")
    assert '{"password": "password#2"}' == masker.mask('{"password": "orchard"}')
