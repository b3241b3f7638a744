"""`loglm serve`: the HTTP service in front of the model.

A request passes http/connection_limits (time limits per connection), http/auth (host, origin, token), http/routes,
http/admission (limits on work in flight), inference/batch_scheduler (requests to batches), inference/inference (faults
of the model) and inference/model_call (one call under the watchdog). server.py builds and stops all of them.
"""
