"""One script per checkpoint: python -m models.train.<name>."""
