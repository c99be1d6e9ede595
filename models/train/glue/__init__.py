"""Trains the judges, and probes the local BERT on GLUE's tasks: models/glue.py."""
