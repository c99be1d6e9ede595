"""What [CLS] is worth before fine-tuning, beside the mean.   Devlin et al. 2019, §3.1; Reimers & Gurevych 2019.

The correlations come from `python -m models.train.sentence_vectors`; the two sentences are read here and now.
"""

from typing import Annotated

import torch
from torch.nn import functional as F

from models import bert
from models.attention import causal_mask
from models.records import glue, sentence_vectors
from models.sentence_vectors import vectors
from study import local_bert
from study.controls import Choice, Text
from study.demo import Claim, Evidence, Measured, Origin
from study.views import Bars, Say

LIMIT = 64  # tokens
RANGE = (-0.3, 1)  # of both charts: with room for the number below a small negative cosine
ORDER = ("mean", "sep", "input", "cls")  # last what has no correlation under a causal mask: colours stay the same
FIRST, SECOND = "A man is playing a guitar.", "Someone plays an instrument."
PRESETS = {
    "alike": {"first": FIRST, "second": SECOND},
    "unlike": {"first": FIRST, "second": "Share prices fell sharply in Tokyo."},
    "causal": {"mask": "causal"},
}


def cls_or_mean(
    first: Annotated[str, Text(200)] = FIRST,
    second: Annotated[str, Text(200)] = SECOND,
    mask: Annotated[str, Choice(*sentence_vectors.MASKS)] = "both",
) -> Evidence:
    """Cosine of two texts by four vectors, and how well such cosines agree with people on STS-B."""
    pair = [_vectors(text, mask == "causal") for text in (first, second)]
    cosines = {r: F.cosine_similarity(*(v[r].double() for v in pair), dim=-1).item() for r in ORDER}
    recorded = sentence_vectors.load().spearman
    told = {r: recorded[mask][r] for r in ORDER if recorded[mask][r] is not None}
    claims = [
        Claim("padded", measured=_padded(first, second, mask == "causal"), expected=cosines["mean"], abs=1e-5),
        Claim("mean_as_glue", measured=100 * recorded["both"]["mean"], expected=_glue(), abs=0.1),  # bfloat16 there
    ]
    notices = _unknown(first, second)
    if mask == "causal":
        notices.append(Say("no_cls"))
        claims.append(Claim("cls_constant", measured=cosines["cls"], expected=1, abs=1e-5))
    return Evidence(
        Bars({r: [c] for r, c in cosines.items()}, ["cos(u, v)"], y="cosine", title="pair", y_range=RANGE),
        Bars({r: [c] for r, c in told.items()}, ["STS-B"], y="spearman", title="recorded", y_range=RANGE),
        claims=claims,
        measured=[Measured(r, 100 * told[r]) for r in ("cls", "mean") if r in told],
        origin=Origin.PRETRAINED,
        notices=notices,
        source=f"{local_bert.MODEL}, models/checkpoints/sentence_vectors/CARD.md",
    )


def _unknown(first: str, second: str) -> list[Say]:
    """The notice that some of their words became [UNK]."""
    encode = bert.load().encode
    tokens = [
        *encode(first).tokens,
        *encode(second).tokens,
    ]
    return local_bert.unknown(tokens)


def _vectors(text: str, causal: bool) -> dict[str, torch.Tensor]:
    """A vector (C,) for each readout."""
    local_bert.fits(text, LIMIT)
    T = len(bert.load().encode(text).ids)
    return vectors(bert.load().trace(text, mask=causal_mask(T) if causal else None).hidden)


@torch.no_grad()
def _padded(first: str, second: str, causal: bool) -> float:
    """The cosine of the two means again, both texts in one padded batch and through torch's own kernel."""
    reader = bert.load()
    rows = [torch.tensor(reader.encode(text).ids) for text in (first, second)]
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)  # (2, T); [PAD] has id 0
    real = torch.arange(ids.shape[1]) < torch.tensor([[len(row)] for row in rows])  # (2, T)
    mask = real[:, None, None]  # (2, 1, 1, T)
    if causal:
        mask = mask & causal_mask(ids.shape[1])  # (2, 1, T, T)
    x, _ = reader.encoder.embedding(ids, torch.zeros_like(ids))  # (2, T, C)
    last = reader.encoder.through(x, mask, fused=True)[0][-1]  # (2, T, C)
    u, v = (last * real[..., None]).sum(1).double() / real.sum(1, keepdim=True)  # (C,) each
    return F.cosine_similarity(u, v, dim=-1).item()


def _glue() -> float:
    """The same correlation as the training on GLUE recorded it, by other code."""
    return glue.load().blind("stsb", "spearman")
