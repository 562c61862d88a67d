"""The faults that a mock can tell, made of a dialect's own conditions, roles, members and clauses.

One module for each kind of thing that is lied about; `catalogue` joins them. Nothing here listens or sends.
"""
