"""From a request value to a decision and from a decision to a reply value.

No socket, no clock, no dialect's name: what a server does is in its profile, and this reads it.
"""
