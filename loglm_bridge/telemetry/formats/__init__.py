"""One module per way in which events are written; each has `parse(text, event) -> Record | None`."""
