"""Scored events in the formats of other tools: findings and sequences of vigil, OCSF, ATT&CK Navigator."""
