"""Drafting: a plain OpenAPI document becomes a first dialect, with everything that was guessed marked for review.

What reads a document, finds the token operations in it, and puts the files of a dialect into words lives here. What reads a
dialect does not, and neither does anything that asks or tells a person: that is the command's.
"""
