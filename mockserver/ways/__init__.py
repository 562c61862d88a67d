"""Ways into a mock that need no socket of their own: requests, httpx and aiohttp clients, ASGI and WSGI callables.

Each hands requests in and replies out within the limits of the HTTP server; none decides anything.
"""
