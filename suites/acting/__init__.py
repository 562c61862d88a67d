"""What is done at a target to find out about a clause: steps, scenarios, provocations.

Generators that yield calls and receive exchanges: no socket, no clock, no verdict, no pytest.
"""
