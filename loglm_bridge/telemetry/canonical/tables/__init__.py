"""Raw field names to canonical names and value kinds, one table per family of logs."""
