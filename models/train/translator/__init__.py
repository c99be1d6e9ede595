"""Trains the translator: models/translator.py."""
