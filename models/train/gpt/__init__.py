"""Trains the small GPT: models/gpt.py."""
