"""A run in the formats of other people's tools. Each module reads a `Run` and writes one format.

TAP and Allure's results are left out: in TAP everything beyond ok, not ok and skipped would be a comment, and Allure reads
JUnit XML, so that its own format would be a second way to the same.
"""
