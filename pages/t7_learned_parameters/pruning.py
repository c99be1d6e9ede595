"""The translator without some of its heads, beside the one that all readers share.   Michel et al. 2019, §2.3."""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import bleu
from models.transformer import Transformer
from models.translator import Translator
from models.translator_vocabulary import END, PAD
from pages.t7_learned_parameters.translator_heads import N_HEAD, ROWS, attentions, load, pairs
from study.memo import memo

CHUNK = 25  # sentences that are translated together
OTHERS = slice(200, 500)  # held-out pairs on which the importance of the heads is measured
BATCH = 50

Heads = frozenset[tuple[str, int]]  # (row, head), as ("E0", 1)


def without(model: Transformer, heads: Heads, part: str = "output") -> Transformer:
    """A model that shares all weights with this one but those of W_O, in which the rows of these heads are 0.

    A head reaches the rest of the model through its d_k rows of W_O alone (columns, as nn.Linear keeps it), so that
    this is the head mask of Michel et al. 2019. part="value" zeroes the head's W_V and b_V instead: values of 0, output
    of 0. The model given stays as it is.
    """
    changed = {id(p) for _, module in attentions(model) for p in getattr(module, part).parameters()}
    shared = {id(p): p for p in model.parameters() if id(p) not in changed}
    copied = copy.deepcopy(model, shared)  # what stands in `shared` is taken as it is
    d_k = model.config.d_k
    with torch.no_grad():
        for row, module in attentions(copied):
            for head in (h for r, h in heads if r == row):
                channels = slice(head * d_k, (head + 1) * d_k)
                if part == "output":
                    module.output.weight[:, channels] = 0  # (C, d_k)
                else:
                    module.value.weight[channels] = 0  # (d_k, C)
                    module.value.bias[channels] = 0  # (d_k,)
    return copied


@memo(size=512)
def translations(heads: Heads, start: int) -> tuple[str, ...]:
    """The held-out sentences from `start` on, CHUNK of them, translated greedily without these heads."""
    shared = load()
    pruned = Translator(without(shared.model, heads), shared.vocabulary)
    texts = [pair.chinese for pair in pairs()[start : start + CHUNK]]
    return tuple(found.text for found in pruned.translate_batch(texts, keep=False))


def score(hyps: Sequence[str]) -> float:
    """Corpus BLEU of translations of the first held-out sentences."""
    refs = [pair.english for pair in pairs()[: len(hyps)]]
    return bleu.corpus_bleu(hyps, [refs]).score


@memo
def importance() -> Tensor:
    """The mean over sentences of |∂L/∂ξ| of each head, (9, 4): ξ = 1 is what its output is multiplied by.

    L is the summed −log p of a sentence's tokens, teacher forcing. The gates act on a copy; no weight is touched.
    """
    shared = load()
    model, others = without(shared.model, frozenset()), pairs()[OTHERS]
    slopes = []
    for start in range(0, len(others), BATCH):
        batch = others[start : start + BATCH]
        source = _padded([shared.source_ids(pair.chinese) for pair in batch])  # (B, S)
        target = _padded([[*shared.target_ids(pair.english), END] for pair in batch])  # (B, T + 1)
        slopes.append(_slopes(model, source, target))  # (B, 9, 4)
    return torch.cat(slopes).abs().mean(0)  # (9, 4)


def _slopes(model: Transformer, source: Tensor, target: Tensor) -> Tensor:
    """∂L/∂ξ of each sentence and head, (B, 9, 4)."""
    gates = torch.ones(len(source), len(ROWS), N_HEAD, requires_grad=True)  # (B, 9, 4)
    hooks = [
        module.output.register_forward_pre_hook(_gate(gates[:, i])) for i, (_, module) in enumerate(attentions(model))
    ]
    logits = model(source, target[:, :-1])  # (B, T, V)
    loss = F.cross_entropy(logits.transpose(1, 2), target[:, 1:], ignore_index=PAD, reduction="sum")
    (slopes,) = torch.autograd.grad(loss, gates)
    for hook in hooks:
        hook.remove()
    return slopes  # each sentence's loss depends on its own gates alone


def _gate(gates: Tensor) -> Callable[[nn.Module, tuple[Tensor]], tuple[Tensor]]:
    """Multiplies what W_O reads, (B, T, C), by the gates (B, H) of its heads."""

    def before(module: nn.Module, args: tuple[Tensor]) -> tuple[Tensor]:
        heads = args[0].unflatten(-1, (N_HEAD, -1))  # (B, T, H, d_k)
        return ((heads * gates[:, None, :, None]).flatten(2),)  # (B, T, C)

    return before


def _padded(rows: Sequence[Sequence[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])  # (B, longest)
