"""The typed client of a mock's control side, the same over HTTP and inside one process.

It knows the control side's description and nothing of what stands behind it: no world, no service, no dialect.
"""
