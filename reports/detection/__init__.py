"""The detection matrix as values, and the heat map that shows it.

It reads what a measurement found, and measures nothing.
"""
