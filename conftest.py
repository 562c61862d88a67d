"""The composition root of a checkout: the plugins that an installed Watchword brings along by its entry points."""

pytest_plugins = ["watchword.reports.plugin", "watchword.suites.plugin", "watchword.mockserver.plugin"]
