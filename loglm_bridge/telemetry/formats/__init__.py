"""Formats: one module per way of writing events, each with `parse(text, event) -> Record | None`."""
