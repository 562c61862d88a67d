"""The composition root of a checkout: the plugins that an installed Watchword brings along by its entry points."""

import sys

try:
    import watchword.specs  # noqa: F401 - to see whether it is there
except ModuleNotFoundError:
    # Raised as it is, it would be shown with all of pytest's own frames.
    remedy = "run `make conformance` once, and `. .venv/bin/activate` in each shell"
    sys.stderr.write(f"Watchword is not installed for {sys.executable}: {remedy}\n")
    raise SystemExit(4) from None

pytest_plugins = ["watchword.reports.plugin", "watchword.suites.plugin", "watchword.mockserver.plugin"]
