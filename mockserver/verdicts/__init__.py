"""Verdicts about a client: what it did, as values, and rules that are functions of an ordered list of these.

`exchange` is the value, `observing` makes one of each request and its outcome, the rooms of judges say what they show, and
`judging` holds them against what a dialect says. Nothing here answers a request, keeps a journal or writes a report.
"""
