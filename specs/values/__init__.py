"""A dialect, its requests and its replies as frozen values.

They say what there is and can be asked about themselves; they read no file and know nobody who uses them.
"""
