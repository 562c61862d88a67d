"""The suites, measured: what they make of servers that have one fault, and of servers that have none."""
