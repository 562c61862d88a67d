"""The state behind a mock: who exists, which sessions and tokens live, who is banned.

It decides nothing, knows neither HTTP nor conditions, and takes time and chance as arguments.
"""
