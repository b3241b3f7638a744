"""What both processes agree on: types, wire format, errors, limits. Stdlib only, Python 3.9 syntax, no I/O."""
