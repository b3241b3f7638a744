"""One module per family of log sources: whose event is it, and of what kind."""
