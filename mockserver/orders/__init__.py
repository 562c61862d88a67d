"""What is asked of the mock for replies to come: faults for the next so many calls, forced replies, races.

An order stands between a request and the service. Nothing here knows a dialect, listens, or shows anything.
"""
