"""`loglm serve`: the HTTP service in front of the model. Admission, batching, authentication, health, metrics.

config -> server -> connection (bounds of a socket) -> guard (who may ask) -> app (the routes) -> admission (how much)
-> scheduler (in which batches) -> inference (under a watchdog, in threads that take turns) -> the model, by keeper.
"""
