"""The project's own detection content: Sigma rules with example events and ordinary twins.

`rules/<family>/*.yml` holds the rules, several a file; `shapes/*.yml` says how a product writes an event.
"""
