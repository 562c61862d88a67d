"""Generated requests are the same ones wherever they are made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from watchword.specs.loader import bundled

_PRINT = """
import sys
sys.path.insert(0, sys.argv[1])
import constants_of_somebody
from watchword.specs.loader import bundled, load_dialect
from watchword.suites.judging.workshop import Here
for name in bundled():
    api = load_dialect(name).api
    for path, method in sorted({(o.path, o.method) for o in api.operations.values()}):
        for case in Here().cases(api, path, method):
            body = case.body if isinstance(case.body, dict | list | bytes | str) else None
            print(name, path, method, body, case.headers, case.query, case.path_parameters)
"""


def test_nobodys_words_are_sent(tmp_path: Path) -> None:
    """What modules of other people are imported makes no difference; their constants are not among what is generated."""
    printed = []
    for number, constants in enumerate(([], [f"Somebodys-Secret-{n}" for n in range(400)])):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "constants_of_somebody.py").write_text(f"WORDS = {constants!r}\n", "utf-8")
        command = [sys.executable, "-c", _PRINT, str(folder)]
        printed.append(subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout)

    assert all(f"{name} " in printed[0] for name in bundled())
    assert "Somebodys" not in printed[1]
    assert printed[0] == printed[1]
