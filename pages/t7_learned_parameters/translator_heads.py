"""The 36 heads of the translator: three attentions of three layers, four heads each.   Vaswani et al. 2017, §3.2.3."""

from collections.abc import Iterator

from models import translator
from models.records import Unusable
from models.records import translator as held_out
from models.records.translator import HeldOutPair
from models.transformer import MultiHead, Transformer
from models.translator import Translator
from study.controls import Refusal
from study.memo import memo

CARD = "models/checkpoints/translator/CARD.md"
SITES = {"E": "encoder", "D": "decoder", "C": "cross"}
N_LAYER, N_HEAD = 3, 4
ROWS = tuple(f"{letter}{layer}" for letter in SITES for layer in range(N_LAYER))  # E0 … C2
COLUMNS = tuple(f"H{head}" for head in range(N_HEAD))


@memo
def load() -> Translator:
    """The translator, which all readers share: nothing here may change it. Raises Refusal("no_translator")."""
    try:
        return translator.load()
    except Unusable:
        raise Refusal("no_translator") from None


@memo
def pairs() -> tuple[HeldOutPair, ...]:
    """The held-out pairs. Raises Refusal("no_translator")."""
    try:
        return held_out.load().pairs
    except Unusable:
        raise Refusal("no_translator") from None


def attentions(model: Transformer) -> Iterator[tuple[str, MultiHead]]:
    """Every attention with its name, in the order of ROWS."""
    for n, layer in enumerate(model.encoder):
        yield f"E{n}", layer.self_attention
    for n, layer in enumerate(model.decoder):
        yield f"D{n}", layer.self_attention
    for n, layer in enumerate(model.decoder):
        yield f"C{n}", layer.cross_attention
