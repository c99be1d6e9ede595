"""Numbers of the B4 note that no demo tells as a result of its own."""

from models import bert, mlm, shapes
from models.attention import causal_mask
from models.records import sentence_vectors
from pages.b4_bert_vs_transformer import configure
from pages.b4_bert_vs_transformer.inputs import LINE


def _part(part: str) -> float:
    return shapes.count_parameters(configure.MODELS["base"]).parts[part] / 1e6


def base_attention() -> float:
    """Millions of parameters in all attention of BERT-base."""
    return _part("self_projections")


def base_tokens() -> float:
    """Millions in its token table."""
    return _part("token_embedding")


def base_with_heads() -> float:
    """Millions in BERT-base with both heads of the pre-training, by transformers."""
    return configure.built(configure.MODELS["base"], True, heads=True) / 1e6


def large_with_heads() -> float:
    """The same of BERT-large."""
    return configure.built(configure.MODELS["large"], True, heads=True) / 1e6


def large_alone() -> float:
    """Millions in BERT-large without its pooler, by transformers."""
    return configure.built(configure.MODELS["large"], False) / 1e6


def hidden_weight() -> float:
    """The share of all weights of all heads that lies on pairs which a causal mask hides, on the default sentence."""
    every = bert.load().trace(LINE).attentions  # (L, H, T, T)
    return (every[..., ~causal_mask(every.shape[-1])].sum() / every.sum()).item()


def door_left() -> float:
    """The probability of "door" in the gap of the default sentence, read from the left only."""
    return _leader(4, "door", left=True)


def book_left() -> float:
    """The probability of "book" in place of "chapter", read from the left only."""
    return _leader(9, "book", left=True)


def book_both() -> float:
    """The same with both sides."""
    return _leader(9, "book", left=False)


def _leader(at: int, word: str, left: bool) -> float:
    """The probability of the best word for this gap of the default sentence, which must be the word named."""
    reader = mlm.load()
    ids = reader.encode(LINE).ids
    p = reader.distribution(ids, [at], causal_mask(len(ids)) if left else None)[0]  # (V,)
    assert reader.pieces[int(p.argmax())] == word
    return p.max().item()


def input_stsb() -> float:
    """100 times Spearman's correlation on STS-B of the mean before the first layer."""
    return 100 * sentence_vectors.load().spearman["both"]["input"]


def sep_causal() -> float:
    """The same of the last token's last state, under a causal mask."""
    return 100 * sentence_vectors.load().spearman["causal"]["sep"]


def pairs_of_stsb() -> int:
    return sentence_vectors.load().pairs
