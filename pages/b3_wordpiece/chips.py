"""Words in their pieces, as chips: a bar under each word that is cut, marks on the pieces that matter."""

from collections.abc import Callable, Container, Iterable, Sequence

from models import wordpiece
from study.views import Key, Say, Span, Tokens


def continues(piece: str) -> bool:
    """Whether a piece continues a word: ##less, but not a typed ##, which is two words."""
    return piece.startswith(wordpiece.PREFIX) and piece != wordpiece.PREFIX


def chips(
    cuts: Iterable[tuple[str, Sequence[str]]],
    title: Key,
    missing: Container[str] = (wordpiece.UNKNOWN,),
    focus: Callable[[str], bool] = continues,
    focus_means: Key = "continues",
) -> Tokens:
    """Words with their pieces. missing: what is marked as having no row; focus: what else is marked, and why."""
    tokens, spans = [], []
    for word, pieces in cuts:
        start = len(tokens)
        tokens += pieces
        if len(pieces) > 1:
            spans.append(Span(start, len(tokens), "right", Say("one_word", word=word)))
    for i, piece in enumerate(tokens):
        if piece in missing:
            spans.append(Span(i, i + 1, "wrong"))
        elif focus(piece):
            spans.append(Span(i, i + 1, "focus"))
    meanings = {"focus": focus_means, "right": "cut_word", "wrong": "unknown_piece"}
    marks = {span.mark for span in spans}
    return Tokens(tokens, spans, {mark: key for mark, key in meanings.items() if mark in marks}, title)


def of_traces(traces: Iterable[wordpiece.Trace], title: Key) -> Tokens:
    """The words of a text with the pieces that BERT makes of them."""
    return chips([(t.word, t.pieces) for t in traces], title)
