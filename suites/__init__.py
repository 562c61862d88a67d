"""The conformance suites: what is sent to a target, and how its replies are judged."""
