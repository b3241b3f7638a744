"""ScoredEvent events in the forms of other tools: vigil's findings and sequences, OCSF, ATT&CK Navigator. No model."""
