"""What several demos of this lesson begin with: where the pieces and the sentences are from, and a text cut up."""

from models import wordpiece
from study.controls import Refusal

VOCABULARY = "vocab.txt · bert-base-uncased"
TATOEBA = "Tatoeba, CC BY 2.0 FR"
SENTENCE = "Penguins are flightless birds, not wingless ones."


def read(text: str) -> list[wordpiece.Trace]:
    """Each word of a text and the pieces BERT makes of it. Raises Refusal("nothing_left") where there is no word."""
    traces = wordpiece.load().traces(text)
    if not traces:
        raise Refusal("nothing_left")
    return traces


def unknown(trace: wordpiece.Trace) -> bool:
    """Whether the word became [UNK]; typed exactly so, [UNK] is itself."""
    return trace.pieces == (wordpiece.UNKNOWN,) and trace.word != wordpiece.UNKNOWN
