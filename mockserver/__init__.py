"""A mock of any dialect: real tokens, real state, a clock, and a reply to every way in which a request can be wrong."""
