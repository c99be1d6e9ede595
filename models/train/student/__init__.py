"""Distils a student of two layers from the local BERT: models/student.py."""
