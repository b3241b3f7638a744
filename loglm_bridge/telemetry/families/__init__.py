"""Log families: which product or system logged an event, and of what kind the event is."""
