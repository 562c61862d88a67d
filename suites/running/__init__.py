"""A run: targets and their sessions, preflight, plan, the check of each clause, records, messages.

Composes acting, sending and judging; only `runner` and `verdicts` know pytest.
"""
