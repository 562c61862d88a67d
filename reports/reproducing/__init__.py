"""Reproduction: what a check did, as a script that somebody can run who has Python and nothing of ours.

`runtime` and `assertions` are what stands in such a script, `source` takes out of them what one needs, `script` writes it.
"""
