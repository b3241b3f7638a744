"""Raw text to canonical fields: recognise the format, parse it, drop identity, keep behaviour."""
