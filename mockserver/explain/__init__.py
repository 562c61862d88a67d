"""Why a request was not served: what was expected, what was found, where, and what mends it.

It reads judgements and changes nothing. What it quotes of a request is masked by whoever shows it.
"""
