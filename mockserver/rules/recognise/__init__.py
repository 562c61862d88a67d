"""Recognising conditions: a table for each subject, and `table`, which joins them.

Written against the sentences of the vocabulary, never against the way in which the suites provoke them.
"""
