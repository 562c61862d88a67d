"""The heat map: faults by clauses."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import subprocess
from urllib.parse import unquote

import pytest

from watchword.reports.detection.heatdata import KINDS, embedded, kind, packed, picture, total
from watchword.reports.detection.heatmap import render
from watchword.reports.detection.matrix import Cell, Column, Matrix, RightServer, Row, Sheet
from watchword.reports.records import VERDICTS

_HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}\x00\ud800\u202e\u2028"
_SHOWN = re.sub("[\x00\ud800\u202e]", "\N{REPLACEMENT CHARACTER}", _HOSTILE)


def _column(clause, topic="auth", **changes):
    usual = {"says": f"What {clause} says.", "level": "must", "basis": "documented", "breakable": True}
    return Column(clause=clause, topic=topic, **{**usual, **changes})


def _cells(**verdicts):
    return tuple(Cell(clause, verdict, f"{clause} was {verdict}") for clause, verdict in verdicts.items())


def _row(fault, *cells, stage="verdict", declared=()):
    return Row(fault, stage, f"What {fault} does.", frozenset(declared), cells)


def _sheet(*rows, columns=None, profiles=(), **changes):
    usual = (_column("one"), _column("two", "refresh"), _column("three"))
    return Sheet("toy", usual if columns is None else columns, rows, profiles, **changes)


def _matrix(*sheets, partial=False):
    return Matrix(sheets, 12.5, partial)


@pytest.fixture
def told(clause, exchange):
    """Give a cell that is broken in one of three attempts, with its evidence."""
    record = clause(
        verdict="fail",
        expected="status 401",
        observed="status 200",
        differences=("expected status 401, saw 200",),
        exchanges=(exchange(step="control"), exchange(), exchange()),
    )
    return Cell("one", "fail", "status 200", 3, 1, record)


def _found(sheet):
    return json.loads(gzip.decompress(base64.b64decode(packed(sheet))))


def _block(page, name):
    return re.search(f'<script type="[a-z/]+" id="{name}">(.*?)</script>', page, re.DOTALL).group(1)


@pytest.mark.parametrize(
    ("verdict", "declared", "needed", "name"),
    [
        ("fail", True, True, "broken"),
        ("warn", False, False, "broken"),
        ("fail", False, True, "undeclared"),
        ("pass", True, True, "unbroken"),
        (None, True, True, "unbroken"),
        (None, False, True, "unreached"),
        ("pass", False, True, "held"),
        ("observed", False, True, "observed"),
        ("inconclusive", False, True, "unclear"),
        ("blocked", False, True, "unclear"),
        ("error", False, True, "unclear"),
        ("not_supported", False, True, "skipped"),
    ],
)
def test_kind(verdict, declared, needed, name):
    """A cell is what came of the clause, held against what the fault says of it."""
    assert name == kind(verdict, declared, needed)


def test_picture_is_grouped():
    """Faults stand by stage and clauses by topic, in the order in which these are met first, with a letter a cell."""
    sheet = _sheet(
        _row("a", *_cells(two="fail")),
        _row("b", *_cells(one="inconclusive"), stage="transport"),
        _row("c", *_cells(three="pass", one="warn"), declared={"two", "one"}),
        declared=True,
    )
    packed = picture(sheet)

    assert [["verdict", 2], ["transport", 1]] == packed["stages"]
    assert [["auth", 2], ["refresh", 1]] == packed["topics"]
    assert (["a", "c", "b"], ["one", "three", "two"]) == (
        [name for name, _ in packed["faults"]],
        [clause[0] for clause in packed["clauses"]],
    )
    assert ["..U", "BhD", "x.."] == packed["cells"]
    assert ([], [0, 1]) == (packed["survived"], packed["misdeclared"])


def test_rows_are_grouped_by_operation_and_what_is_wrong_there():
    """The survivors come first, then the operations as they are met first, in each what the faults are about, or their stage."""
    killed = _cells(one="fail")
    rows = [
        _row("accepts:password.wrong@logIn", *killed),
        _row("never-expires", *killed, stage="dialect"),
        _row("missing:access_token@renew", *killed, stage="reply"),
        _row("answers-500:password.empty@logIn", *killed),
        _row("every-third:right-500@logIn", *killed, stage="reply"),
        _row("accepts:username.empty@renew", *_cells(one="pass")),
    ]
    packed = picture(_sheet(*rows))

    assert [["survivors", 1], ["logIn", 3], ["all operations", 1], ["renew", 1]] == packed["operations"]
    assert [["username", 1], ["password", 2], ["reply", 1], ["dialect", 1], ["access_token", 1]] == packed["subjects"]
    assert [5, 0, 3, 4, 1, 2] == [[row.fault for row in rows].index(name) for name, _ in packed["faults"]]
    assert [0] == packed["survived"]


def test_generated_clauses_need_no_declaration():
    """What generated requests happen upon is declared by no fault, and none is blamed for it."""
    sheet = _sheet(_row("a", *_cells(one="fail")), columns=(_column("one", generated=True),), declared=True)

    assert (["B"], []) == (picture(sheet)["cells"], picture(sheet)["misdeclared"])


def test_cells_are_counted():
    """The legend says how many cells there are of each kind, and every cell is of one."""
    sheet = _sheet(_row("a", *_cells(one="fail", two="pass")), _row("b"))
    counted = total([sheet, sheet])

    assert {"broken": 2, "held": 2, "unreached": 8} == {name: number for name, number in counted.items() if number}
    assert [kind.name for kind in KINDS] == list(counted)


def test_evidence_is_told_once(told):
    """Cells refer to what came of them, and that to texts, each of which is there once."""
    packed = _found(_sheet(_row("a", told), _row("b", told, *_cells(two="pass"))))
    (fault, other), found = packed["cells"], packed["found"]
    verdict, observed, attempts, broken, record = found[fault[1]]
    *facts, differences, exchanges = packed["records"][record]
    steps = [packed["texts"][packed["exchanges"][number][0]] for number in exchanges]

    assert ([0, 0], [0, 0, 2, 1]) == (fault, other)
    assert ("fail", "status 200", 3, 1) == (VERDICTS[verdict], packed["texts"][observed], attempts, broken)
    assert ["status 401", "status 200"] == [packed["texts"][number] for number in facts[3:5]]
    assert ["expected status 401, saw 200"] == [packed["texts"][number] for number in differences]
    assert (["control", "probe", "probe"], 2) == (steps, len(packed["exchanges"]))
    assert len(packed["texts"]) == len(set(packed["texts"]))


def test_exchanges_are_written_out(told):
    """An exchange is packed as the request, the reply and the shell line that repeats it."""
    packed = _found(_sheet(_row("a", told)))
    request, reply, curl = (packed["texts"][number] for number in packed["exchanges"][0][4:])

    assert request.startswith("POST http://127.0.0.1:8080/renew\n")
    assert reply.startswith("400 Bad Request\n")
    assert curl.startswith("curl -X POST")


def test_same_matrix_same_page(told):
    """Nothing of the hour or of chance gets into the page."""
    assert render(_matrix(_sheet(_row("a", told)))) == render(_matrix(_sheet(_row("a", told))))


@pytest.fixture
def hostile(clause, exchange):
    """Give a matrix in which every text is an attack."""
    texts = dict.fromkeys(("says", "source", "expected", "observed", "reason", "note", "operation", "check"), _HOSTILE)
    said = exchange(
        purpose=_HOSTILE, curl=_HOSTILE, reply={"status": 200, "headers": [["X", _HOSTILE]], "body": _HOSTILE}
    )
    record = clause(verdict="fail", exchanges=(said,), differences=(_HOSTILE,), **texts)
    cell = Cell(_HOSTILE, "fail", _HOSTILE, record=record)
    columns = (_column(_HOSTILE, _HOSTILE, says=_HOSTILE), _column("unguarded", says=_HOSTILE))
    rows = (
        Row(_HOSTILE, _HOSTILE, _HOSTILE, frozenset({_HOSTILE + "x"}), (cell,)),
        Row(_HOSTILE + "2", "reply", _HOSTILE, frozenset(), ()),
    )
    return _matrix(
        Sheet(_HOSTILE, columns, rows, (RightServer(_HOSTILE, (cell,)),), declared=True, strange=(_HOSTILE,))
    )


def test_hostile_texts_stay_texts(hostile, outline):
    """Markup is shown and never obeyed, and no text ends the element that holds the data."""
    page = render(hostile)
    tags = outline(page).tags

    assert (4, 0, False) == (
        tags.count("script"),
        tags.count("img"),
        "49" in page.split("<main>")[1].split("<script")[0],
    )
    assert _SHOWN in [name for name, _ in json.loads(_block(page, "picture-0"))["faults"]]


def test_illegible_characters_are_replaced(hostile):
    """Characters that a page cannot carry are replaced, in what is shown and in what is packed."""
    page = render(hostile)
    page.encode()
    packed = _found(hostile.sheets[0])["texts"] + re.findall(r"\\u(?:0000|d800|202e)", _block(page, "picture-0"))

    assert [] == re.findall("[\x00\ud800\u202e]", page + "".join(packed)) + [t for t in packed if t.startswith("\\u")]


def test_data_cannot_end_its_element():
    """What HTML knows is written in another way, and reads back the same."""
    text = embedded({"a": ["</script><!--", "&lt;", "'\""]})

    assert ([], {"a": ["</script><!--", "&lt;", "'\""]}) == (re.findall("[<>&]", text), json.loads(text))


def test_nothing_is_loaded(told, outline):
    """The page names nothing to load, and tells the browser to load nothing."""
    page = render(_matrix(_sheet(_row("a", told))))

    assert (["data:,"], True) == (outline(page).loads, "default-src 'none'" in page)


def test_script_is_the_only_one_allowed(told):
    """The page allows exactly the script that it holds; what else stands in script elements is data."""
    page = render(_matrix(_sheet(_row("a", told))))
    (script,) = re.findall("<script>(.*)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

    assert f"script-src 'sha256-{digest}'" in page


def test_links_lead_somewhere(told, hostile, outline):
    """Every link leads to an id of the page, or to a fault and a clause of the map; every id is there once."""
    alarmed = RightServer("right", _cells(two="blocked"))
    sheet = _sheet(
        _row("a", told), _row("b", *_cells(two="pass"), declared={"three"}), profiles=(alarmed,), declared=True
    )
    lost = []
    for matrix in (_matrix(sheet), _matrix(_sheet(_row("a", told)))):
        found = outline(render(matrix))
        places = {f"{x}/{y}" for x in ("toy/a", "toy/b", "toy/") for y in ("one", "two", "three")} | {"toy/a", "toy/b"}
        lost += [link for link in found.links if link[1:] not in found.ids and unquote(link[1:]) not in places]

        assert len(found.ids) == len(set(found.ids))

    assert [] == lost


@pytest.mark.parametrize(
    ("matrix", "tone", "words"),
    [
        (
            _matrix(_sheet(_row("a", *_cells(one="fail", two="fail", three="fail")))),
            "good",
            "Every fault is noticed, and",
        ),
        (_matrix(_sheet(_row("a", *_cells(one="pass")))), "bad", "Not every fault is noticed"),
        (_matrix(_sheet(_row("a", *_cells(one="pass"))), partial=True), "bad", "Not every fault is noticed"),
        (
            _matrix(_sheet(_row("a", *_cells(one="fail")), profiles=(RightServer("p", _cells(one="fail")),))),
            "bad",
            "Right servers are called wrong",
        ),
        (_matrix(_sheet(_row("a", *_cells(one="fail"))), partial=True), "caution", "Cut short"),
        (_matrix(_sheet(_row("a", *_cells(one="fail")))), "caution", "no fault breaks some of the clauses"),
        (
            _matrix(_sheet(_row("a", *_cells(one="fail")), columns=(_column("one"),), declared=True)),
            "caution",
            "some do not break what they say",
        ),
        (_matrix(), "caution", "Nothing was tried"),
    ],
)
def test_statement(matrix, tone, words):
    """The headline is green only where nothing is left to be mended."""
    found = re.search(r'class="headline (\w+)".*?</span> ([^<]+)</p>', render(matrix), re.DOTALL)

    assert (tone, True) == (found.group(1), words in found.group(2))


def test_partial_matrix_says_so(told):
    """A matrix that was cut short says so at the top, and a whole one does not."""
    pages = [render(_matrix(_sheet(_row("a", told)), partial=partial)) for partial in (True, False)]

    assert [True, False] == ["<strong>Cut short.</strong>" in page for page in pages]


@pytest.mark.parametrize("sheets", [(), (_sheet(),), (_sheet(columns=()),), (_sheet(_row("a"), columns=()),)])
def test_empty_matrices(sheets, outline):
    """Without dialects, faults, clauses or profiles there is still a page that says what there is."""
    page = render(_matrix(*sheets))

    assert (False, 0) == ("<canvas" in page, outline(page).tags.count("canvas"))


def test_everything_is_there_without_scripts(told):
    """What survived, what is unguarded, what is declared wrongly and what alarms is told in the HTML itself."""
    alarmed = RightServer("release-6", _cells(one="pass", two="blocked"))
    quiet = RightServer("documented", _cells(one="pass", two="warn"))
    rows = (_row("a", told, declared={"three"}), _row("b", *_cells(two="pass", three="observed")))
    sheet = _sheet(*rows, profiles=(alarmed, quiet), declared=True, strange=("ghost",))
    page = render(_matrix(sheet))
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.split("<main>")[1].split("<script")[0]))
    wanted = [
        "1 of 2 faults killed",
        "toy · verdict b What b does. 2 clauses checked: 1 observed, 1 pass",
        "toy · refresh two What two says.",
        "Broken and not declared: one",
        "Declared and not broken: three",
        "ghost What it breaks is declared, and there is no such fault.",
        "toy release-6 1 of 2 clauses",
        "two was blocked",
        "1 right server without an alarm documented 1 warn, 1 pass",
        "toy, verdict 1 of 2 faults killed a What a does. one",
        "b survived What b does. breaks nothing: 1 observed, 1 pass",
    ]

    assert [] == [words for words in wanted if words not in text]


def test_alarms_show_their_evidence(told):
    """A false alarm brings its record along."""
    page = render(_matrix(_sheet(_row("a", told), profiles=(RightServer("right", (told,)),))))

    assert "expected status 401, saw 200" in page.split('id="alarms"')[1].split("</section>")[0]


def test_undeclared_sheets_speak_of_no_declarations(told):
    """Where faults do not say what they break, the page has no words for declarations."""
    page = render(_matrix(_sheet(_row("a", told)))).split("<main>")[1].split("<script")[0]

    assert ([], ["B.."]) == (
        [words for words in ("as declared", "Misdeclared", 'data-only="misdeclared"') if words in page],
        picture(_sheet(_row("a", told)))["cells"],
    )


browser = pytest.mark.needs("chromium")


def _browsed(tmp_path, page, fragment="", acting=""):
    """Open a page in the browser, let a script act on it, and give its HTML afterwards."""
    if acting:
        # Without the page's own policy, which rightly refuses this test's script.
        page = re.sub("<meta http-equiv[^>]*>", "", page)
        page = page.replace("</body>", f'<script>addEventListener("load", () => {{ {acting} }});</script></body>')
    file = tmp_path / "page.html"
    file.write_text(page)
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=3000", "--dump-dom"]
    done = subprocess.run(
        [*command, f"{file.as_uri()}{fragment}"], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def _panel(dom):
    return re.search(r'<aside id="evidence"([^>]*)>(.*?)</aside>', dom, re.DOTALL).groups()


@browser
def test_address_opens_the_evidence(tmp_path, told):
    """An address that names a cell opens its evidence, with the page's own policy in force."""
    page = render(_matrix(_sheet(_row("it's:a@b", told))))
    attributes, panel = _panel(_browsed(tmp_path, page, "#toy/it%27s%3Aa@b/one"))
    wanted = [
        "expected status 401, saw 200",
        "broken in 1 of 3 attempts",
        "POST http://127.0.0.1:8080/renew",
        "watchword mock toy --port 8080 --fault 'it'\\''s:a@b'",
        "-k '[toy:one]' --repeat 3",
    ]

    assert (False, []) == ("hidden" in attributes, [words for words in wanted if words not in panel])


@browser
def test_hostile_cell_in_a_browser(tmp_path, hostile, outline):
    """An attack that was packed is shown as text."""
    page = render(hostile)
    link = next(link for link in outline(page).links if link.count("/") == 2 and "//" not in link)
    _, panel = _panel(_browsed(tmp_path, page, link))

    assert (True, 0) == ("&lt;img src=x" in panel, outline(panel).tags.count("img"))


@browser
def test_map_in_a_browser(tmp_path, told):
    """On the map a key leads to the next broken cell, and Enter to its evidence, under its own address."""
    rows = (_row("a", *_cells(one="pass")), _row("b", *_cells(three="pass"), told))
    keys = """
      const map = document.querySelector("canvas");
      for (const key of ["Home", "n", "Enter"]) map.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
      setTimeout(() => { document.title = location.hash; }, 500);
    """
    dom = _browsed(tmp_path, render(_matrix(_sheet(*rows))), acting=keys)

    assert ("#toy/b/one", True) == (
        re.search("<title>(.*?)</title>", dom).group(1),
        "expected status 401, saw 200" in _panel(dom)[1],
    )


@browser
def test_filters_in_a_browser(tmp_path, told):
    """What is typed and pressed narrows the map, and a link to what it hides brings everything back."""
    rows = (_row("apple", told), _row("pear", *_cells(one="pass")))
    acting = """
      const box = document.getElementById("faults");
      const shown = [];
      const note = () => shown.push(document.getElementById("shown").textContent);
      box.value = "APPLE"; box.dispatchEvent(new Event("input")); note();
      box.value = ""; document.querySelector('[data-only="survived"]').click(); note();
      location.hash = "#toy/apple/one";
      setTimeout(() => { note(); document.title = shown.join("; "); }, 500);
    """
    dom = _browsed(tmp_path, render(_matrix(_sheet(*rows))), acting=acting)

    assert "1 of 2 faults, 1 of 3 clauses; 1 of 2 faults, 1 of 3 clauses; " == re.search(
        "<title>(.*?)</title>", dom
    ).group(1)
