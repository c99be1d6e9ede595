"""What each head of the translator does, over many sentences.   Vaswani et al. 2017, §4; Voita et al. 2019, §5.

A role says which keys a query means: the previous token, the same token elsewhere, the Chinese characters of the next
English word. Measured is the mean weight on these keys. By chance: the same keys, asked for by another query of the
sentence, drawn at random among those that may see them. That keeps a head's habits (to look at the first token, whoever
asks) and destroys the relation between query and key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from models.records.translator import HeldOutPair
from models.translator_vocabulary import PAD
from pages.t7_learned_parameters.translator_heads import CARD, N_HEAD, N_LAYER, load, pairs
from study.controls import Choice, When
from study.demo import Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Bars, Say, Table

N, BATCH, DRAWS = 200, 50, 200  # sentences, of one pass, random draws
SELF = ("previous", "itself", "next", "same_word", "first", "last")
ROLES = {
    "encoder": SELF,
    "decoder": ("previous", "itself", "same_word", "first"),  # the mask hides the rest
    "cross": ("translation", "read", "diagonal", "first", "last"),
}
DICTIONARY = {  # English pieces, and the Chinese characters that they translate in these short sentences
    "汤姆": "▁Tom",
    "玛丽": "▁Mary",
    "我": "▁I ▁me ▁my ▁My",
    "你": "▁you ▁You ▁your ▁Your",
    "他": "▁he ▁He ▁him ▁his ▁His",
    "她": "▁she ▁She ▁her ▁Her",
}
MEANT = {piece: chinese for chinese, pieces in DICTIONARY.items() for piece in pieces.split()}
HEADS = tuple(f"L{layer}·H{head}" for layer in range(N_LAYER) for head in range(N_HEAD))
PRESETS = {
    "before": {"site": "encoder", "encoder_role": "previous"},
    "same": {"site": "encoder", "encoder_role": "same_word"},
    "habit": {"site": "decoder", "decoder_role": "first"},
    "itself": {"site": "decoder", "decoder_role": "itself"},
    "aligned": {"site": "cross"},
}


@dataclass(frozen=True, eq=False)
class Found:
    """Of one role: the heads' mean weight, its exact expectation by chance, and that of the draws; n queries."""

    weight: Tensor  # (12,)
    chance: Tensor  # (12,)
    best_by_chance: Tensor  # (DRAWS,)  the largest of the twelve
    n: int


@dataclass(frozen=True, eq=False)
class Read:
    """One pair as the translator read it."""

    ask: tuple[str, ...]  # tokens of the queries, in the decoder [START] and the pieces
    asked: tuple[str, ...]  # of the keys
    weights: Tensor  # (12, T, S)


def head_roles(
    site: Annotated[str, Choice(*ROLES)] = "cross",
    encoder_role: Annotated[str, Choice(*ROLES["encoder"]), When(site="encoder")] = "previous",
    decoder_role: Annotated[str, Choice(*ROLES["decoder"]), When(site="decoder")] = "previous",
    cross_role: Annotated[str, Choice(*ROLES["cross"]), When(site="cross")] = "translation",
) -> Evidence:
    """Twelve heads of one attention in one role, and the head with the most weight for every role."""
    name = {"encoder": encoder_role, "decoder": decoder_role, "cross": cross_role}[site]
    role, by_first = found(name, site), found("first", site)
    best = role.weight.argmax()
    first, again = readings()[site][0], alone()[site][0]
    return Evidence(
        Step(
            "heads",
            Bars(
                {"measured": role.weight, "chance": role.chance},
                HEADS,
                x="heads",
                y="weight",
                title=Say("one_role", n=role.n),
                y_range=(0, 1),
            ),
        ),
        Step(
            "roles",
            lambda: Table(
                ["role", "best_head", "its_weight", "by_chance"],
                [_row(name, role) for name, role in roles(site).items()],
                "every_role",
            ),
        ),
        claims=[
            same("rows_sum_to_one", first.weights.sum(-1), 1, abs=1e-5),
            same("batch_is_single", first.weights, again.weights, abs=1e-4),  # float32, another order of summing
            same("habit_is_chance", by_first.weight, by_first.chance, abs=1e-5),
        ],
        measured=[
            Measured("best", role.weight[best], unit="share"),
            Measured("best_by_chance", role.chance[best], unit="share"),
            Measured("luck", (role.best_by_chance >= role.weight[best]).double().mean(), unit="share"),
            Measured("queries", role.n),
        ],
        origin=Origin.TRAINED_HERE,
        source=CARD,
    )


def _row(name: str, role: Found) -> list[Say | str | float]:
    best = role.weight.argmax().item()
    in_percent = [round(100 * of[best].item(), 1) for of in (role.weight, role.chance)]
    return [Say(name), HEADS[best], *in_percent]


def roles(site: str) -> dict[str, Found]:
    """Every role of this attention, over all readings."""
    return {role: found(role, site) for role in ROLES[site]}


@memo
@torch.no_grad()
def readings() -> dict[str, tuple[Read, ...]]:
    """The translator reads the first held-out pairs, with teacher forcing: by attention."""
    kept = pairs()[:N]
    together = [_together(kept[start : start + BATCH]) for start in range(0, N, BATCH)]
    return {site: tuple(read for batch in together for read in batch[site]) for site in ROLES}


@memo
@torch.no_grad()
def alone() -> dict[str, list[Read]]:
    """The first pair, read without the others."""
    return _together(pairs()[:1])


def _together(batch: Sequence[HeldOutPair]) -> dict[str, list[Read]]:
    shared = load()
    sources = [shared.source_tokens(pair.chinese) for pair in batch]
    targets = [shared.target_tokens(pair.english) for pair in batch]
    source_ids = _padded([shared.source_ids(pair.chinese) for pair in batch])  # (B, S)
    trace = shared.model.trace(source_ids, _padded([shared.target_ids(pair.english) for pair in batch]))
    every = {  # (L, B, H, T, S), the tokens that ask and those that are asked
        "encoder": (trace.encoder_attentions, sources, sources),
        "decoder": (trace.decoder_attentions, targets, targets),
        "cross": (trace.cross_attentions, targets, sources),
    }
    return {site: [_read(*of, b) for b in range(len(batch))] for site, of in every.items()}


def _read(every: Tensor, ask: list[tuple[str, ...]], asked: list[tuple[str, ...]], b: int) -> Read:
    """Sentence b of a batch without its padding."""
    return Read(ask[b], asked[b], every[:, b, :, : len(ask[b]), : len(asked[b])].flatten(0, 1))  # (12, T, S)


@memo
def found(role: str, site: str) -> Found:
    """One role in this attention, over all readings."""
    random = torch.Generator().manual_seed(0)
    weight, chance, drawn, n = torch.zeros(12), torch.zeros(12), torch.zeros(12, DRAWS), 0
    for read in readings()[site]:
        meant = keys(role, site, read)  # (T, S)
        asks = meant.any(-1).nonzero()[:, 0]  # (n,): queries that mean some key
        T, m = len(meant), len(asks)
        on_meant = read.weights @ meant[asks].float().T  # (12, T, n): what each query gives the keys of each asker
        first = meant[asks].float().argmax(-1) * (site == "decoder")  # (n,): the first that may see the key
        may = torch.arange(T)[:, None] >= first  # (T, n)
        other = first + (torch.rand(DRAWS, m, generator=random) * (T - first)).long()  # (DRAWS, n)
        weight += on_meant[:, asks, torch.arange(m)].sum(-1)
        chance += (on_meant * may).sum(1).div(may.sum(0)).sum(-1)
        drawn += on_meant[:, other, torch.arange(m)].sum(-1)  # (12, DRAWS)
        n += m
    return Found(weight / n, chance / n, (drawn / n).amax(0), n)


def keys(role: str, site: str, read: Read) -> Tensor:
    """(T, S) boolean: which keys each query means."""
    T, S = read.weights.shape[1:]
    i, j = torch.arange(T)[:, None], torch.arange(S)  # (T, 1), (S,)
    if role in ("translation", "read"):
        said = (*read.ask[1:], "") if role == "translation" else read.ask  # a row has read its token, predicts the next
        return torch.tensor([[token in MEANT.get(piece, "") for token in read.asked] for piece in said])
    if role == "same_word":
        equal = torch.tensor([[a == b for b in read.asked] for a in read.ask]) & (i != j)  # (T, S)
        return equal & (j < i) if site == "decoder" else equal
    places = {"previous": i - 1, "itself": i, "next": i + 1, "first": 0 * i, "last": 0 * i + S - 1}
    places["diagonal"] = (i * (S - 1) / max(T - 1, 1)).round().long()
    return j == places[role]


def _padded(rows: Sequence[Sequence[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])  # (B, longest)
