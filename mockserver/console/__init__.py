"""The mock's own side: its page, its journal, who may use it, how it words problems.

It shows and steers a service; the service knows nothing of it.
"""
