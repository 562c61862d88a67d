"""The names that other people's code may rely on."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

PUBLIC = {
    "watchword.specs.errors": ["Gathering", "SpecError", "UnknownDialect", "nearest"],
    "watchword.specs.loader": [
        "Dialect",
        "bundled",
        "check_schema",
        "load_dialect",
        "load_world",
        "make_world",
        "schema",
        "world_dialect",
    ],
    "watchword.specs.redaction": ["Masker", "is_secret"],
    "watchword.mockserver": ["connect", "intercept", "mount", "start"],
    "watchword.mockserver.clock": ["END_OF_TIME", "Clock", "Ids", "RandomIds", "SeededIds", "StillClock"],
    "watchword.mockserver.inprocess": ["MockAdapter", "answer", "mount"],
    "watchword.mockserver.intercept": ["intercept"],
    "watchword.mockserver.launch": ["Options", "Place", "Running", "start"],
    "watchword.mockserver.mounting": ["Mounted", "mount", "origin_for"],
    "watchword.mockserver.near": ["Near", "Options", "assemble"],
    "watchword.mockserver.plugin": [
        "class_watchword_mock",
        "module_watchword_mock",
        "package_watchword_mock",
        "pytest_runtest_call",
        "pytest_watchword_default_targets",
        "session_watchword_mock",
        "watchword_mock",
    ],
    "watchword.mockserver.service": ["ActiveFault", "Blame", "Outcome", "Service"],
    "watchword.suites.hooks": ["pytest_watchword_default_targets"],
    "watchword.suites.plugin": ["conformance"],
    "watchword.suites.started": ["Control", "StartedServer", "Wire"],
    "watchword.suites.target": [
        "Control",
        "Limits",
        "Target",
        "TargetError",
        "from_description",
        "from_environment",
        "read_target",
    ],
    "watchword.reports.hooks": [
        "pytest_watchword_clause",
        "pytest_watchword_end",
        "pytest_watchword_expected",
        "pytest_watchword_known",
        "pytest_watchword_run",
        "pytest_watchword_stale",
    ],
    "watchword.reports.records": [
        "EXIT_MEANING",
        "RECORDS_FILE",
        "VERDICTS",
        "VERIFIED",
        "BrokenRecords",
        "ClauseRecord",
        "EndRecord",
        "ExchangeRecord",
        "Exit",
        "ReplyRecord",
        "RequestRecord",
        "Run",
        "RunRecord",
        "TargetRecord",
        "Untested",
        "legible",
        "read_lines",
        "read_run",
        "write_line",
    ],
}
PARTS = ("watchword.specs", "watchword.mockserver", "watchword.suites", "watchword.reports", "watchword.detection")
MODULES = sorted(
    found.name
    for part in PARTS
    for found in pkgutil.walk_packages(importlib.import_module(part).__path__, f"{part}.")
    if not found.name.endswith("__main__")
)


@pytest.mark.parametrize("module", sorted(PUBLIC))
def test_public_names_stay(module: str) -> None:
    """A public module exports these names, no fewer and no more."""
    assert PUBLIC[module] == importlib.import_module(module).__all__


@pytest.mark.parametrize("module", MODULES)
def test_exported_names_exist(module: str) -> None:
    """Every name that a module exports is there, and stands in its list once."""
    loaded = importlib.import_module(module)
    names = getattr(loaded, "__all__", [])

    assert [] == [name for name in names if not hasattr(loaded, name)]
    assert len(set(names)) == len(names)
