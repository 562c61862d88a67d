"""Reading a dialect's files into values, strictly: each mistake is an error with file, line and a fix.

One module a file, named after it, and what they share. Nothing here knows who reads the values afterwards.
"""
