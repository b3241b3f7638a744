"""The training pipeline: corpus, pretraining, heads, calibration, evaluation, export. Needs the extra `lab`."""
