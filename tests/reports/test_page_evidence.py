"""What the page says first, what an opened clause shows, and what all of it weighs."""

from __future__ import annotations

import re

import pytest

from watchword.reports.legible import conversation, shell_line
from watchword.reports.page.document import render
from watchword.reports.page.opened import advice, compared, elsewhere


def _wrong(clause, exchange, name="wrong", **changes):
    sent = exchange(step="control", purpose="the right request to login")
    usual = {
        "clause": f"toy:login.password-{name}",
        "operation": "login",
        "verdict": "fail",
        "check": f"password.{name}",
        "conditions": (f"password.{name}",),
        "broader": () if name == "wrong" else ("password.wrong",),
        "about": f"the password is {name}",
        "gravity": "security",
        "expected": "status 401, no access_token",
        "observed": "200; an access_token",
        "differences": ("expected status 401, saw 200", "expected no access_token, saw an access_token"),
        "exchanges": (sent, exchange()),
    }
    return clause(**{**usual, **changes})


def _text(html):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html))


def test_what_is_wrong_is_told_by_cause(run, clause, exchange):
    """Special cases stand under the broadest, in one cause, which says how grave it is; each clause is there once."""
    page = render(run(_wrong(clause, exchange, "empty"), _wrong(clause, exchange), clause(), exit_code=1))
    cause = page.partition('<section class="causes"')[2].partition("</section>")[0]

    assert "What is wrong 1 cause, 2 clauses" in _text(cause)
    assert "security login: expected status 401 and no access_token, saw 200 and an access_token, when" in _text(cause)
    assert ["login.password-wrong", "login.password-empty"] == re.findall(r'id="toy:(login\S+)"', page)
    assert page.index("password-wrong") < page.index("password-empty")


def test_the_blocked_are_one_line_a_reason(run, clause, exchange):
    """However many clauses a right request blocks that fails, they are one cause with its reason once."""
    sent = exchange(step="control", reply={"status": 401, "headers": [], "body": None})
    rows = [
        clause(clause=f"toy:x.n{n}", verdict="blocked", reason="the right request fails", exchanges=(sent,))
        for n in range(30)
    ]
    page = render(run(*rows, exit_code=7))

    assert (1, "1 cause, 30 clauses") == (
        page.count('<details class="cause'),
        re.findall("1 cause, 30 clauses", page)[0],
    )


def test_gravity_is_a_filter_and_an_order(run, clause, exchange):
    """Gravities can be chosen, the gravest first, and each clause knows its own."""
    rows = [clause(clause=f"toy:x.{g}", gravity=g) for g in ("form", "security", "interoperability")]
    page = render(run(*rows))

    assert ["security", "interoperability", "form"] == re.findall(r'data-filter="1" data-value="(\w+)"', page)
    assert "pass|form|error_codes|must|documented|staging" in page
    assert '<option value="1">gravest first</option>' in page


def test_what_was_expected_and_seen_is_told_once(clause, exchange):
    """Each difference is a pair; what has none is what was expected beside what was seen."""
    assert [("status 401", "200"), ("<del>no</del> access_token", "<ins>an</ins> access_token")] == [
        (str(one), str(other)) for one, other in compared(_wrong(clause, exchange))
    ]
    assert [("status 400", "status 400")] == compared(clause())


def test_what_was_expected_is_left_out_where_nothing_was(run, clause, exchange):
    """A difference that only says what was seen, as those of rules about clients do, has no empty expectation beside it."""
    page = render(run(_wrong(clause, exchange, differences=("a token travels in the URL",)), exit_code=1))

    assert (
        '<dl class="compare odd">\n<div class="seen alone"><dt>Seen</dt><dd>a token travels in the URL</dd></div></dl>'
        in page
    )
    assert "<dt>Expected</dt>" not in page


def test_opened_clause_has_its_control_beside_it(run, clause, exchange):
    """The judged exchange and its control stand open, with request and reply, and nothing else has to be unfolded."""
    page = render(run(_wrong(clause, exchange), exit_code=1))
    body = page.partition('id="toy:login.password-wrong"')[2].partition("<details")[0]

    assert (4, 2) == (body.count("<pre>"), body.count("400 Bad Request\n"))
    assert body.index("probe") < body.index("control")
    assert "<h5" not in page


def test_advice(clause, exchange):
    """What to do says which operation has to answer how, to what, and what it means as it is."""
    assert (
        "Let login answer with status 401 and no access_token when the password is wrong. "
        "As it is, it lets somebody in, keeps alive what has ended, or tells a secret."
    ) == advice(_wrong(clause, exchange))
    provided = _wrong(
        clause, exchange, expected="where the status is 401: header WWW-Authenticate with 'Basic'", gravity=""
    )
    said = "When the password is wrong, let login answer, where the status is 401, with header WWW-Authenticate with 'Basic'."
    assert said == advice(provided)
    assert "" == advice(clause(about="anything"))
    assert "Mend renewToken so that this holds: tokens differ." == advice(clause(verdict="warn", about="tokens differ"))


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ({}, ""),
        ({"a": "answers 401"}, "a: answers 401"),
        ({"a": "answers 401", "b": "answers 401"}, "answers 401, in all 2 that are known"),
        ({"a": "answers 401", "b": "answers 400", "c": "answers 401"}, "a, c: answers 401; b: answers 400"),
    ],
)
def test_known_versions(versions, said):
    """Versions that do the same are told together."""
    assert said == elsewhere(versions)


def test_evidence_that_clauses_have_in_common_is_stated_once(run, clause, exchange):
    """Right requests that differ in their moment and their tokens alone stand on the page once, and are linked."""
    rows = [
        clause(
            clause=f"toy:x.n{n}",
            exchanges=(
                exchange(
                    step="control",
                    reply={
                        "status": 200,
                        "headers": [["Date", f"day {n}"]],
                        "body": f'{{"token": "access_token#{n}"}}',
                    },
                ),
                exchange(),
            ),
        )
        for n in range(20)
    ]
    page = render(run(*rows))

    assert (1, 20, 1) == (page.count("200 OK\n"), page.count('href="#x1"'), page.count('id="x1"'))
    assert "20 times" in page


def test_troubled_clauses_keep_their_own_evidence(run, clause, exchange):
    """Where something is wrong, every request stands where it belongs, whatever others have sent."""
    page = render(run(*(_wrong(clause, exchange, name) for name in ("wrong", "empty")), exit_code=1))

    assert (0, 4) == (page.count("see exchange"), page.count("400 Bad Request\n"))


def test_page_of_many_clauses_is_small(run, clause, exchange):
    """Seven hundred clauses with the evidence that clauses have make less than two megabytes and 40,000 elements."""
    header = [["Content-Type", "application/json;charset=UTF-8"], ["Cache-Control", "no-store"], ["Pragma", "no-cache"]]
    body = '{"access_token": "access_token#%d", "token_type": "bearer", "refresh_token": "refresh_token#%d", "expires_in": 3600}'
    asked: dict[str, object] = {
        "method": "POST",
        "url": "http://127.0.0.1:8080/rest-api-auth/oauth/token?brand_key=BRAND1",
    }
    asked |= {"headers": [["Accept", "application/json"], ["Authorization", "Basic client_secret#2"]]}
    asked["body"] = "grant_type=password&username=marta.holm&password=password#1&scope=rest"
    curl = (
        "curl -sS -i -H 'Accept: application/json' -u \"selfcare-app:${CLIENT_SECRET}\" " + "--data-urlencode a=b " * 6
    )
    rows = [
        clause(
            clause=f"toy:login.some-longer-name-of-a-clause-{n}",
            about="the password is not the one of that username",
            document={"title": "The document of the API", "link": "https://toy.invalid/document#section-1.2.3"},
            exchanges=tuple(
                exchange(
                    step=step, request=asked, curl=curl, reply={"status": 200, "headers": header, "body": body % (n, n)}
                )
                for step in ("control", "verify", "probe")
            ),
        )
        for n in range(700)
    ]
    page = render(run(*rows))

    assert (True, True) == (len(page.encode()) < 2_000_000, page.count("<") - page.count("</") < 40_000)


def test_page_without_clauses_has_nothing_to_filter(run):
    """Where a run ended before its first check, nothing offers to choose among no clauses."""
    page = render(run(exit_code=6, message="nobody answers"))

    assert (0, 0) == (page.count('id="search"'), page.count("Filter the clauses"))
    assert "nobody answers" in page


def test_head_says_what_was_tested_and_how(run, clause):
    """The command line, the state of the dialect, the target, its limits and the versions stand before all clauses."""
    target: dict[str, object] = {
        "name": "staging",
        "dialect": "toy",
        "title": "Toy API",
        "revision": "1.2 (abcd)",
        "url": "http://t.invalid",
    }
    target |= {"limits": {"requests_per_second": 20.0, "bad_logins": 4, "max_wait": 0.0}, "clock": True}
    page = render(run(clause(), targets=(target,), options={"command": "watchword test staging.toml"}))
    head = _text(page.partition('<section class="tested"')[2].partition("</section>")[0])
    told = ["watchword test staging.toml", "staging at http://t.invalid", "toy, Toy API, revision 1.2 (abcd)"]
    told += ("requests per second 20, bad logins 4, max wait 0", "watchword 0.1.0", "could be set ahead")

    assert [] == [text for text in told if text not in head]


def test_what_cannot_be_repeated_offers_no_script(run, clause, exchange):
    """Where nothing says what a secret was made of, the page offers neither a script nor the command for one."""
    known = {
        "url": ["http://127.0.0.1:8080/renew"],
        "headers": {"0": ["Bearer ", ["secret", "password"]]},
        "body": ["{"],
    }
    pages = [
        render(run(clause(verdict="fail", exchanges=(exchange(recipe=recipe),)), exit_code=1)) for recipe in ({}, known)
    ]

    assert [0, 1] == [page.count("<b>Reproduce it</b>") for page in pages]


@pytest.mark.parametrize(
    ("curl", "line"),
    [
        ("curl -d x http://a/", "curl -d x http://a/"),
        ('curl -u "mira:${WATCHWORD_PASSWORD}" http://a/', 'curl -u "mira:${WATCHWORD_PASSWORD}" http://a/'),
        ('curl -H "Authorization: Bearer ${ACCESS_TOKEN_66}" http://a/', ""),
        ('curl -u "mira:${WATCHWORD_PASSWORD}" -d "${PASSWORD_2}" http://a/', ""),
    ],
)
def test_shell_lines_have_no_variable_that_nobody_can_set(exchange, curl, line):
    """A line that names what only a reply has given is not shown."""
    said = conversation([exchange(curl=curl)])

    assert (line, bool(line)) == (shell_line(exchange(curl=curl)), "$ curl" in said)
