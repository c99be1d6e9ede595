"""Who is in your mean: BatchNorm lets a neighbour, and the future, into my output; LayerNorm does not.

Ioffe & Szegedy 2015, Algorithm 1 and 2; Ba et al. 2016, §3.
"""

from typing import Annotated

import torch
from torch import Tensor

from models import normalization
from pages.t2_layer_vs_batch_norm.batch import generator, names, token_names, tokens, torch_norm
from study.controls import Choice, Seed, Slider
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.views import Heatmap, Lines, Series

LENGTH, CHANNELS, MOST = 4, 6, 32  # tokens of a sentence, channels, sentences

PRESETS = {
    "another": {"where": "neighbour"},
    "large": {"sentences": MOST, "step": "pull"},
    "future": {"where": "future"},
}


def neighbour(
    amount: Annotated[float, Slider(0, 10, step=0.5)] = 5.0,
    where: Annotated[str, Choice("neighbour", "future")] = "neighbour",
    sentences: Annotated[int, Slider(2, MOST)] = 3,
    seed: Seed = 0,
) -> Evidence:
    """Disturb sentence 2 (or my own last token) and look at sentence 1: only batch normalisation lets it be seen."""
    everyone = tokens(MOST, LENGTH, CHANNELS, seed)  # (32, T, C)
    disturbed = _disturbed(everyone, amount, where, seed)
    mine = slice(LENGTH) if where == "neighbour" else slice(LENGTH - 1)  # what of sentence 1 is as it was
    x, z = everyone[:sentences], disturbed[:sentences]  # (B, T, C) each
    layer = normalization.layer_norm(z) - normalization.layer_norm(x)  # (B, T, C)
    batch = normalization.batch_norm(z) - normalization.batch_norm(x)  # (B, T, C)
    mean, var, _ = normalization.batch_statistics(x)  # (C,) each: what evaluation mode has stored
    in_eval = normalization.batch_norm_eval(z, mean, var) - normalization.batch_norm_eval(x, mean, var)  # (B, T, C)
    alone = normalization.layer_norm(x[:1, mine]) - normalization.layer_norm(z)[:1, mine]  # (1, T, C)
    return Evidence(
        Step("change", _matrix(layer, "layer_change"), _matrix(batch, "batch_change")),
        Step("pull", _pull(everyone, disturbed, mine, sentences)),
        claims=[
            Claim("layer_unmoved", measured=layer[0, mine].abs().max(), expected=0),
            Claim("layer_alone", measured=alone.abs().max(), expected=0, abs=1e-12),
            Claim("eval_unmoved", measured=in_eval[0, mine].abs().max(), expected=0),
            Claim("same_as_torch", measured=_off_torch(x, z, layer, batch), expected=0, abs=1e-6),
        ],
        measured=[
            Measured("layer_moved", layer[0, mine].abs().max()),
            Measured("batch_moved_mean", batch[0, mine].abs().mean()),
            Measured("batch_moved", batch[0, mine].abs().max()),
        ],
        origin=Origin.TOY,
    )


def _disturbed(everyone: Tensor, amount: float, where: str, seed: int) -> Tensor:
    """The same sentences with noise on all of sentence 2, or on the last token of sentence 1."""
    push = amount * torch.randn(LENGTH, CHANNELS, generator=generator(seed + 1), dtype=torch.float64)  # (T, C)
    disturbed = everyone.clone()
    if where == "neighbour":
        disturbed[1] += push
    else:
        disturbed[0, -1] += push[-1]
    return disturbed


def _off_torch(x: Tensor, z: Tensor, layer: Tensor, batch: Tensor) -> Tensor:
    """How far the two changes are from those with PyTorch's modules, at most."""
    gaps = []
    for name, change in (("layer", layer), ("batch", batch)):
        norm = torch_norm(name, CHANNELS)
        gaps.append((norm(z) - norm(x) - change).abs().max())
    return max(gaps)


def _matrix(change: Tensor, title: str) -> Heatmap:
    """The change (B, T, C) of the first three sentences."""
    shown = change[:3]
    rows, columns = token_names(len(shown), LENGTH), names("c", CHANNELS)
    return Heatmap(shown.flatten(0, 1), rows, columns, title, x="channel", y="token", group="change")


def _pull(everyone: Tensor, disturbed: Tensor, mine: slice, here: int) -> Lines:
    """How far my output is pulled on average, for every size of the batch. LayerNorm: not at all."""
    sizes = range(2, MOST + 1)
    pull = []
    for n in sizes:
        change = normalization.batch_norm(disturbed[:n]) - normalization.batch_norm(everyone[:n])  # (n, T, C)
        pull.append(float(change[0, mine].abs().mean()))
    return Lines(
        [Series("batch", sizes, pull), Series("layer", sizes, [0.0] * len(sizes), dashed=True)],
        x="batch_size",
        y="my_change",
        title="pull",
        here=here,
        y_range=(-0.03, 1.2),  # fixed: a larger disturbance is a higher curve
    )
