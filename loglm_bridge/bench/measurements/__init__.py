"""The parts of `loglm bench`: each module measures one thing and yields its figures."""
