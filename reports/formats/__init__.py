"""A run in the formats of other people's tools. Each module reads a `Run` and writes one format.

What is no format of its own stays out: TAP has no place for evidence, and the library that writes Allure's results wants
to watch a run while it happens and cannot be given records.
"""
