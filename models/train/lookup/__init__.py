"""Trains the three attentions on the look-up task: models/lookup.py."""
