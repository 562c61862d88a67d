"""Requests on their way to a target and replies on their way back, within the limits of politeness.

The only place with a network and a clock; it knows no clause and judges nothing.
"""
