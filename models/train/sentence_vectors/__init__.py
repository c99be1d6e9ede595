"""What vectors of the local BERT are worth: `python -m models.train.sentence_vectors`; nothing is trained."""
