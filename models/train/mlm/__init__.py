"""Trains the masked language model: models/mlm.py."""
