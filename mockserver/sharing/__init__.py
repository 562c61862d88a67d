"""One mock in several processes: what one of them changes goes to a store, and the others take it from there.

Laws:
1. Requests take turns, in whatever process: a turn begins with what the others did, and ends with what it did itself.
2. Nothing is answered before the store has what came of it. A turn that lasted too long is void, and its process begins anew.
3. A mock that is served by one process alone knows nothing of all this.
"""
