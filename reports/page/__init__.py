"""The page for people, made of records alone: its templates and what puts values into them.

Every text that a server brought along is text wherever it is put.
"""
