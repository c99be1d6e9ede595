"""One pass as in training against token by token as in use: the same logits.   Vaswani et al. 2017, §3.1, §3.2.3."""

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor

from models.transformer import Transformer
from models.translator_vocabulary import START
from pages.t4_encoder_decoder.reading import CARD, CHINESE, Chinese, read
from study.demo import Claim, Evidence, Measured, Origin, Step, Timed, same
from study.views import Lines, Say, Series, Table

LENGTHS, REPEATS = (8, 16, 32, 64), 8  # target tokens; the fastest of so many runs
FIRST = 5  # places of a target that are shown, before its last


def training_and_use(run: Timed, chinese: Chinese = CHINESE) -> Evidence:
    """The translation read in three ways, and the time of each as the target grows."""
    pair = read(chinese)
    model, target = pair.translator.model, pair.target_ids  # (1, T)
    logits = {name: way(model, pair.source_ids, target) for name, way in WAYS.items()}  # (1, T, V) each
    times = _times(model, pair.source_ids, [_longer(target, n) for n in LENGTHS])
    series = [Series(name, LENGTHS, taken) for name, taken in times.items()]
    one_pass_ms, cache_ms, recomputed_ms = (taken[-1] for taken in times.values())
    T = target.shape[1]
    return Evidence(
        Step("time", Lines(series, x="target_tokens", y="milliseconds", log_x=True, log_y=True)),
        Step("work", _work(T), _answers(pair.target, pair.answers, logits["one_pass"], pair.answer_ids)),
        claims=[
            same(
                "cache_same_logits", logits["with_cache"], logits["one_pass"], abs=1e-3
            ),  # of logits up to 20, float32
            same("recomputed_same_logits", logits["recomputed"], logits["one_pass"], abs=1e-3),
            Claim("same_choice", measured=_differ(logits), expected=0),
        ],
        measured=[
            Measured("one_pass_ms", one_pass_ms, unit="ms", step="time"),
            Measured("cache_times", cache_ms / one_pass_ms, unit="times", step="time"),
            Measured("recomputed_times", recomputed_ms / cache_ms, unit="times", step="time"),
            Measured("passes", T, step="work"),
        ],
        origin=Origin.TIMED,
        source=CARD,
        notices=pair.notices,
    )


@torch.no_grad()
def one_pass(model: Transformer, source: Tensor, target: Tensor) -> Tensor:
    """Training: the whole target, shifted right, enters at once; the causal mask keeps each row from the later ones."""
    return model(source, target)  # (1, T, V)


@torch.no_grad()
def with_cache(model: Transformer, source: Tensor, target: Tensor) -> Tensor:
    """Use: the encoder once, then one token after the other; keys and values of the earlier ones are kept."""
    cache, rows = model.encode(source), []
    for token in target.split(1, dim=1):  # (1, 1)
        logits, cache = model.step(token, cache)  # (1, 1, V)
        rows.append(logits)
    return torch.cat(rows, dim=1)  # (1, T, V)


@torch.no_grad()
def recomputed(model: Transformer, source: Tensor, target: Tensor) -> Tensor:
    """Use without a cache: each step runs the decoder over everything written so far, and keeps the last row."""
    cache = model.encode(source)
    rows = [model.step(target[:, : n + 1], cache)[0][:, -1:] for n in range(target.shape[1])]  # (1, 1, V) each
    return torch.cat(rows, dim=1)  # (1, T, V)


WAYS: dict[str, Callable[[Transformer, Tensor, Tensor], Tensor]] = {
    "one_pass": one_pass,
    "with_cache": with_cache,
    "recomputed": recomputed,
}


def _longer(target: Tensor, n: int) -> Tensor:
    """A target of n tokens: this one again and again. Its words do not matter for the time."""
    body = target[:, 1:] if target.shape[1] > 1 else target  # (1, T - 1)
    many = body.repeat(1, n // body.shape[1] + 1)[:, : n - 1]
    return torch.cat([torch.tensor([[START]]), many], dim=1)  # (1, n)


def _times(model: Transformer, source: Tensor, targets: list[Tensor]) -> dict[str, list[float]]:
    """Milliseconds of the fastest run of each way over each target, in the ways' order: what else the machine does
    makes others slower, never faster. Rounds over all of them, so that a slow moment falls on one run of each.
    """
    taken = {name: [math.inf] * len(targets) for name in WAYS}
    for _ in range(REPEATS):
        for i, target in enumerate(targets):
            for name, way in WAYS.items():
                start = time.perf_counter()
                way(model, source, target)
                taken[name][i] = min(taken[name][i], 1000 * (time.perf_counter() - start))
    return taken


def _differ(logits: dict[str, Tensor]) -> int:
    """At how many places the three ways would choose different tokens."""
    best = torch.stack([z[0].argmax(-1) for z in logits.values()])  # (3, T)
    return int((best != best[0]).any(0).sum())


def _work(T: int) -> Table:
    """Passes of the encoder and the decoder, and the target positions that all decoder passes compute together."""
    rows = [
        [Say("one_pass"), 1, 1, T],
        [Say("with_cache"), 1, T, T],
        [Say("recomputed"), 1, T, T * (T + 1) // 2],
    ]
    return Table(["way", "encoder_passes", "decoder_passes", "positions"], rows, Say("work_for", tokens=T))


def _answers(target: tuple[str, ...], answers: tuple[str, ...], logits: Tensor, ids: Tensor) -> Table:
    """What the decoder reads at the first places and the last, what it must say there, how probable it finds that."""
    p = logits[0].softmax(-1).gather(1, ids[0][:, None])[:, 0]  # (T,)
    rows = list(zip(range(len(target)), target, answers, p.tolist(), strict=True))
    if len(rows) > FIRST + 2:  # a wall and a phone have no room for more
        rows = [*rows[:FIRST], ("…",) * 4, rows[-1]]
    return Table(["position", "reads", "must_say", "probability"], rows, "shifted")
