"""The suites, measured: what they make of servers that tell one lie, and of servers that tell none."""
