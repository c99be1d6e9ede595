"""Trains linear layers on the local BERT to tell whether a sentence follows: models/nsp.py."""
