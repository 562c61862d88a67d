"""What a transcript says about a clause: differences, observations, schema errors.

Pure functions of values: nothing here sends, waits, or raises because a rule is broken.
"""
