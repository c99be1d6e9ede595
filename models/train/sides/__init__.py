"""Measures our GPT and our masked language model on the same words: models/sides.py."""
