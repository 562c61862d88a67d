"""HTTP/1.1 on sockets: bytes in, request values out to a handler, reply values back, bytes out.

It knows nothing of dialects, state or the control side: any handler will do.
"""
