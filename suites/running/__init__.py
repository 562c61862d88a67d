"""A run: targets and their sessions, the checks it begins with (and `watchword doctor`), plan, the check of each clause, records, messages.

Composes acting, sending and judging; only `runner` and `verdicts` know pytest.
"""
