"""Raw field names to canonical names and value types, one table per log family."""
