"""T5 · What is attention, and what do Q, K and V stand for?   Vaswani et al. 2017, §3.2, §3.2.1."""

from collections.abc import Callable, Iterator
from statistics import mean
from typing import Annotated

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from models import attention, heads, lookup, toy
from models.train.lookup import train
from study import typed
from study.controls import Cell, Choice, Refusal, Seed, Sentence, Slider, Toggle, When
from study.demo import Claim, Evidence, Measured, Origin, Progress, Say, Timed, memo
from study.views import Bars, Chain, Heatmap, Heatmaps, Histogram, Key, Lines, Series, Table

LINE = "The animal didn't cross the street because it was too tired."
MODEL = "all-MiniLM-L6-v2"
Line = Annotated[str, Sentence()]
Layer, Head = Annotated[int, Slider(0, 5)], Annotated[int, Slider(0, 11)]  # counted from 0
POWERS = [2**e for e in range(10)]  # 1 … 512
DIVISORS = {"unscaled": 0.0, "scaled": 0.5, "over_d_k": 1.0}  # the power of d_k that scores are divided by
SIZES = ("8", "16", "32", "64", "128", "256", "512")


def step_by_step(
    sentence: Line = LINE,
    source: Annotated[str, Choice("toy", "bert")] = "toy",
    d_k: Annotated[int, Slider(1, 64, scale="log"), When(source="toy")] = 8,
    layer: Annotated[Layer, When(source="bert")] = 3,
    head: Annotated[Head, When(source="bert")] = 1,
    causal: Annotated[bool, Toggle()] = False,
    cell: Annotated[tuple[int, int], Cell(24)] = (9, 1),
    seed: Annotated[Seed, When(source="toy")] = 0,
) -> Evidence:
    """Equation (1) one matrix at a time; the chosen cell of Q Kᵀ term by term."""
    real = source == "bert"
    if real:
        start = heads.of_bert(typed.trace(sentence, 24), layer, head)
    else:
        start = heads.of_toy(_toy_words(sentence, 24), d_k, seed)
    tokens, x, (q, k, v) = start.tokens, start.x, start.qkv  # (T, C), (T, d_k) each; d_v = d_k
    T, width = q.shape
    mask = attention.causal_mask(T) if causal else None  # (T, T)
    s = attention.steps(q, k, v, mask)
    reference = F.scaled_dot_product_attention(q, k, v, is_causal=causal)  # (T, d_k)
    i, j = Cell.inside(cell, (T, T))
    terms, row = q[i] * k[j], s.masked[i].exp()  # (d_k,), (T,)
    hidden = None if mask is None else ~mask
    pair = dict(row=tokens[i], col=tokens[j])
    square = dict(x="keys", y="queries", pick="cell", selected=(i, j))

    def vectors(z: Tensor, name: str, role: str, group: str = "qkv") -> Heatmap:
        shown = z[:, :64]  # of BERT's X, 384 wide, only the first
        title = Say(name, rows=T, cols=z.shape[1], shown=shown.shape[1])
        return Heatmap(shown, tokens, _numbers(shown.shape[1]), title, x="dimension", role=role, group=group)

    def scores(z: Tensor, name: str, masked: Tensor | None = None) -> Heatmap:
        title = Say(name, rows=T, cols=T)
        return Heatmap(z, tokens, tokens, title, group="scores", masked=masked, hover="score_of", **square)

    links: list[tuple[Key, Tensor]] = [("dot_product", terms.sum()), (Say("scaled_cell", d_k=width), s.scaled[i, j])]
    if causal:
        links.append(("masked_cell", s.masked[i, j]))
    links += [("exponential", row[j]), ("row_total", row.sum()), ("weight_cell", row[j] / row.sum())]
    claims = [
        Claim("projections", measured=start.gap, expected=0, abs=start.room),
        Claim("terms", measured=terms.sum(), expected=s.scores[i, j], abs=1e-9),
        Claim("weight_by_hand", measured=row[j] / row.sum(), expected=s.weights[i, j], abs=1e-9),
        Claim("same_as_torch", measured=(s.output - reference).abs().max(), expected=0, abs=1e-6),
        Claim("rows_sum_to_one", measured=(s.weights.sum(-1) - 1).abs().max(), expected=0, abs=1e-9),
    ]
    if mask is not None:
        claims.append(Claim("masked_weights", measured=s.weights[~mask].sum(), expected=0))
        claims.append(Claim("first_sees_itself", measured=s.weights[0, 0], expected=1, abs=1e-12))
    return Evidence(
        vectors(x, "X", "hidden", ""),
        vectors(q, "Q", "query"), vectors(k, "K", "key"), vectors(v, "V", "value"),
        scores(s.scores, "scores"),
        Heatmap(torch.stack([q[i], k[j], terms]), [f"q · {tokens[i]}", f"k · {tokens[j]}", "q × k"], _numbers(width),
                Say("term_by_term", **pair), x="dimension"),
        Chain(links, title=Say("cell", **pair)),
        scores(s.scaled, "masked" if causal else "scaled", hidden),
        Heatmap(s.weights, tokens, tokens, Say("weights", rows=T, cols=T), scale="weight", masked=hidden,
                hover="weight_of", **square),
        vectors(s.output, "output", "hidden"),
        claims=claims,
        origin=Origin.PRETRAINED if real else Origin.TOY,
        source=f"{MODEL} L{layer}·H{head}" if real else "",
        notices=typed.unknown(tokens) + [Say("mask_is_ours")] * (real and causal),
    )  # fmt: skip


def scaling(
    d_k: Annotated[int, Slider(1, 512, scale="log")] = 64,
    n_keys: Annotated[int, Slider(2, 64, scale="log")] = 16,
    seed: Seed = 0,
) -> Evidence:
    """q·k of random vectors has variance d_k; divided by √d_k it has variance 1, and softmax keeps its slope."""
    q, k = toy.queries_and_keys(8192, d_k, seed)  # (8192, d_k) each
    score = (q * k).sum(-1)  # (8192,)
    scaled = score / d_k**0.5  # (8192,)
    rows = score[: 4096 // n_keys * n_keys].view(-1, n_keys)  # (rows, n_keys)
    soft = {name: toy.softness(rows, d_k**power) for name, power in DIVISORS.items()}
    z = scaled[:n_keys].double()  # (n_keys,)
    ours = toy.softmax_jacobian(attention.softmax(z))  # (n_keys, n_keys)
    autograd = torch.autograd.functional.jacobian(lambda t: torch.softmax(t, 0), z)  # (n_keys, n_keys)
    sweep = _sweep(n_keys, seed)

    def lines(what: int, y: str) -> Lines:
        series = [Series(name, POWERS, [found[what] for found in sweep[name]]) for name in DIVISORS]
        return Lines(series, x="d_k", y=y, title=f"{y}_title", log_x=True, here=d_k)

    return Evidence(
        Histogram({"unscaled": score, "scaled": scaled}, x="score", title="score_title"),
        lines(0, "entropy"),
        lines(1, "slope"),
        claims=[
            Claim("variance", measured=score.var(), expected=d_k, rel=0.2),
            Claim("scaled_variance", measured=scaled.var(), expected=1, rel=0.2),
            Claim("jacobian", measured=(ours - autograd).abs().max(), expected=0, abs=1e-12),
        ],
        measured=[
            Measured("top_unscaled", soft["unscaled"][2]),
            Measured("top_scaled", soft["scaled"][2]),
            Measured("slope_unscaled", soft["unscaled"][1]),
            Measured("slope_scaled", soft["scaled"][1]),
        ],
        origin=Origin.TOY,
    )


def additive_vs_dot(
    d_k: Annotated[int, Slider(1, 64, scale="log")] = 8,
    d_hidden: Annotated[int, Slider(1, 64, scale="log")] = 8,
    size: Annotated[float, Slider(0.1, 100, scale="log")] = 1.0,
    seed: Seed = 0,
) -> Evidence:
    """The same q, k, v into both formulas; `size` multiplies every q and k."""
    q = size * toy.normal(6, d_k, seed=seed, name="q")  # (T, d_k)
    k = size * toy.normal(8, d_k, seed=seed, name="k")  # (S, d_k)
    v = toy.normal(8, d_k, seed=seed, name="v")  # (S, d_k)
    w_q, w_k, w_v = toy.additive_inputs(d_k, d_hidden, seed)  # (d_hidden, d_k) twice, (d_hidden,)
    by_dot, dot = attention.scaled_dot_product(q, k, v)  # (T, d_k), (T, S)
    by_sum, add = attention.additive(q, k, v, w_q, w_k, w_v)  # (T, d_k), (T, S)
    energy = toy.additive_scores_one_by_one(q, k, w_q, w_k, w_v)  # (T, S)
    torchs = F.scaled_dot_product_attention(q, k, v)  # (T, d_k)

    def weights(z: Tensor, title: str) -> Heatmap:
        names = [f"q{n}" for n in _numbers(6)], [f"k{n}" for n in _numbers(8)]
        return Heatmap(z, *names, title, x="keys", y="queries", scale="weight", hover="weight_of")

    return Evidence(
        weights(dot, "dot_weights"),
        weights(add, "additive_weights"),
        claims=[
            Claim("dot_same", measured=(by_dot - torchs).abs().max(), expected=0, abs=1e-6),
            Claim("additive_same", measured=(by_sum - energy.softmax(-1) @ v).abs().max(), expected=0, abs=1e-6),
            Claim("bounded", measured=energy.abs().max(), expected=w_v.abs().sum(), abs=1e-12, op="≤"),
        ],
        measured=[
            Measured("largest_score", (q @ k.T).abs().max() / d_k**0.5),
            Measured("entropy_dot", attention.entropy(dot).mean(), unit="nats"),
            Measured("entropy_additive", attention.entropy(add).mean(), unit="nats"),
            Measured("parameters", w_q.numel() + w_k.numel() + w_v.numel()),
        ],
        origin=Origin.TOY,
    )


def race(
    run: Timed,
    vary: Annotated[str, Choice("n", "d_k")] = "n",
    d_k: Annotated[int, Slider(8, 128, scale="log"), When(vary="n")] = 64,
    n: Annotated[int, Slider(16, 256, scale="log"), When(vary="d_k")] = 128,
) -> Evidence:
    """Milliseconds per call on this machine; the additive hidden layer is d_k wide and kept under 64 MiB."""
    if vary == "n":
        sizes = [(m, d_k) for m in (16, 32, 64, 128, 256, 512) if m * m * d_k <= 2**24]
    else:
        sizes = [(n, d) for d in (8, 16, 32, 64, 128, 256)]
    times = [toy.milliseconds(m, d) for m, d in sizes]
    x = [m if vary == "n" else d for m, d in sizes]
    (m, d), last = sizes[-1], times[-1]
    series = [Series(name, x, [t[name] for t in times], points=True) for name in ("dot", "fused", "additive")]
    return Evidence(
        Lines(series, x=vary, y="milliseconds", log_x=True, log_y=True),
        measured=[
            Measured("ratio", last["additive"] / last["dot"], unit="times"),
            Measured("dot_memory", m * m * 4 / 2**20),
            Measured("additive_memory", m * m * d * 4 / 2**20),
        ],
        origin=Origin.TIMED,
    )


def trained(d_k: Annotated[str, Choice(*SIZES)] = "512") -> Evidence:
    """What came of training the three scores on one look-up task: means over seeds, bands from lowest to highest."""
    r, size = _results(int(d_k)), int(d_k)
    done = [d for d in r.d_ks if all(r.final(kind, d) for kind in lookup.KINDS)]

    def over_sizes(y: str, of: Callable[[lookup.Run], float | None], log_y: bool = False) -> Lines:
        series = [
            Series.over_seeds(kind, done, [[of(run) for run in r.final(kind, d)] for d in done])
            for kind in lookup.KINDS
        ]
        return Lines(series, x="d_k", y=y, title=f"{y}_title", log_x=True, log_y=log_y, here=size)

    curves = [
        Series.over_seeds(kind, r.at_steps, list(zip(*(run.accuracy for run in r.final(kind, size)), strict=True)))
        for kind in lookup.KINDS
    ]
    columns = ["kind", "learning_rate", "final_accuracy", "steps_to_90", "ms_per_step"]
    return Evidence(
        over_sizes("steps_to_90", lambda run: r.steps_to(run, 0.9)),
        over_sizes("final_accuracy", lambda run: run.accuracy[-1]),
        over_sizes("score_gradient", lambda run: run.score_gradient, log_y=True),
        over_sizes("gradient", lambda run: run.gradient, log_y=True),
        Lines(curves, x="step", y="accuracy", title=Say("curves", d_k=d_k), y_range=(0, 1)),
        Table(columns, [_row(r, kind, size) for kind in lookup.KINDS], Say("at_size", d_k=d_k, seeds=len(r.seeds))),
        origin=Origin.TRAINED_HERE,
        source="models/checkpoints/lookup/CARD.md",
    )


def train_live(
    progress: Progress,
    kind: Annotated[str, Choice(*lookup.KINDS)] = "dot",
    d_k: Annotated[int, Slider(8, 256, scale="log")] = 128,
    lr: Annotated[float, Slider(0.0002, 0.05, scale="log")] = 0.002,
    seed: Seed = 0,
) -> Iterator[Evidence]:
    """240 steps of the same training on this machine, measured every twelve steps on 256 fresh examples."""
    points, steps, task = [], 240, lookup.Task(test=256)
    for point in train(kind, d_k, seed, steps, lr, task, every=12):
        points.append(point)
        progress.report(point.step / steps)
        at = [p.step for p in points]
        accuracy = Series("accuracy", at, [p.accuracy for p in points])
        guessing = Series("guess", [0, steps], [1 / task.pairs] * 2, dashed=True)
        loss = Series("loss", at, [p.loss for p in points])
        yield Evidence(
            Lines([accuracy, guessing], x="step", y="accuracy", title="accuracy_title", y_range=(0, 1)),
            Lines([loss], x="step", y="loss", title="loss_title"),
            measured=[Measured("accuracy_now", point.accuracy), Measured("loss_now", point.loss, unit="nats")],
            origin=Origin.TRAINED_HERE,
            source="models.train.lookup.train",
        )


def retrieval(
    temperature: Annotated[float, Slider(0.01, 100, scale="log")] = 0.05,
    angle: Annotated[int, Slider(0, 359)] = 80,
) -> Evidence:
    """A dictionary asked softly: keys are directions in the plane, each holds a number; the answer is a mixture."""
    v = torch.tensor(list(toy.COMPASS.values()), dtype=torch.float64)  # (S,)
    z = toy.similarity(torch.tensor(angle, dtype=torch.float64))  # (S,)
    p = attention.softmax(z / temperature)  # (S,)
    soft, hard, average = p @ v, v[z.argmax()], v.mean()
    first, second, *_, last = z.sort(descending=True).values.tolist()
    most, e = v.abs().max().item(), np.exp
    near_best = min(2 * most, 2 * most * (len(v) - 1) * e((second - first) / temperature))
    near_mean = min(2 * most, most * np.expm1((first - last) / temperature))
    taus = torch.logspace(-2, 2, 81, dtype=torch.float64)  # (81,)
    circle = torch.arange(360, dtype=torch.float64)  # (360,)
    around = toy.similarity(circle)  # (360, S)
    torchs = torch.softmax(z / temperature, 0)  # (S,)
    return Evidence(
        Bars(p, [f"{d}° → {x:g}" for d, x in toy.COMPASS.items()], x="key_value", y="weight", title="weights_title",
             y_range=(0, 1)),
        Lines([Series("soft", taus, attention.softmax(z / taus[:, None]) @ v, role="value"),
               Series("hard", taus[[0, -1]], [hard, hard], dashed=True),
               Series("mean", taus[[0, -1]], [average, average], dashed=True)],
              x="temperature", y="answer", title="by_temperature", log_x=True, here=temperature),
        Lines([Series("soft", circle, attention.softmax(around / temperature) @ v, role="value"),
               Series("hard", circle, v[around.argmax(-1)], dashed=True)],
              x="angle", y="answer", title="by_angle", here=angle),
        claims=[
            Claim("near_best", measured=(soft - hard).abs(), expected=near_best, abs=1e-12, op="≤"),
            Claim("near_mean", measured=(soft - average).abs(), expected=near_mean, abs=1e-12, op="≤"),
            Claim("same_as_torch", measured=(p - torchs).abs().max(), expected=0, abs=1e-12),
        ],
        measured=[
            Measured("soft", soft), Measured("hard", hard), Measured("mean", average), Measured("top_weight", p.max()),
        ],
        origin=Origin.TOY,
    )  # fmt: skip


def real_heads(sentence: Line = LINE, layer: Layer = 3, head: Head = 1) -> Evidence:
    """Who looks where in the local BERT: one head large, all 72 small."""
    t = typed.trace(sentence, 48)
    q, k, v = (x[layer, head].double() for x in (t.queries, t.keys, t.values))  # (T, d_k) each
    weights = t.attentions[layer, head].double()  # (T, T)
    identity = torch.eye(len(t.tokens), dtype=torch.float64)  # (T, T)
    again = F.scaled_dot_product_attention(q, k, identity)  # (T, T): with V = I the output is the weights
    output = F.scaled_dot_product_attention(q, k, v)  # (T, d_k)
    return Evidence(
        Heatmap(weights, t.tokens, t.tokens, Say("one_head", layer=layer, head=head), x="keys", y="queries",
                scale="weight", hover="weight_of"),
        Heatmaps(t.attentions, [f"L{n}" for n in range(6)], [f"H{n}" for n in range(12)], t.tokens, t.tokens,
                 title="all_heads", x="head", y="layer", pick=("layer", "head"), selected=(layer, head)),
        claims=[
            Claim("rows_sum_to_one", measured=(t.attentions.sum(-1) - 1).abs().max(), expected=0, abs=1e-5),
            Claim("same_weights", measured=(weights - again).abs().max(), expected=0, abs=1e-5),
            Claim("same_output", measured=(weights @ v - output).abs().max(), expected=0, abs=1e-5),
        ],
        measured=[
            Measured("to_cls", weights[:, 0].mean()),
            Measured("to_previous", weights.diagonal(-1).mean()),
            Measured("to_itself", weights.diagonal().mean()),
            Measured("entropy", attention.entropy(weights).mean(), unit="nats"),
        ],
        origin=Origin.PRETRAINED,
        source=f"{MODEL} L{layer}·H{head}",
        notices=typed.unknown(t.tokens),
    )  # fmt: skip


def _toy_words(sentence: str, limit: int) -> list[str]:
    tokens = toy.words(sentence)
    if len(tokens) > limit:
        raise Refusal("too_many_tokens", tokens=len(tokens), limit=limit)
    return tokens


def _numbers(n: int) -> list[str]:
    return [str(i + 1) for i in range(n)]


@memo
def _sweep(n_keys: int, seed: int) -> dict[str, list[tuple[float, float, float]]]:
    """toy.softness for every power of two: each d_k takes the first d_k components of the same long vectors."""
    q, k = toy.queries_and_keys(4096 // n_keys * n_keys, POWERS[-1], seed)  # (rows·n_keys, 512) each
    scores = (q * k).cumsum(-1).view(-1, n_keys, POWERS[-1])  # (rows, n_keys, 512): [..., d - 1] of d components
    return {name: [toy.softness(scores[..., d - 1], d**power) for d in POWERS] for name, power in DIVISORS.items()}


def _results(d_k: int) -> lookup.Results:
    try:
        r = lookup.results()
    except lookup.NoResults:
        raise Refusal("no_results") from None
    if not all(r.final(kind, d_k) for kind in lookup.KINDS):
        raise Refusal("no_results")
    return r


def _row(r: lookup.Results, kind: str, d_k: int) -> list[Say | float]:
    runs = r.final(kind, d_k)
    steps = [r.steps_to(run, 0.9) for run in runs]
    never = steps.count(None)
    slow = Say("some_never", count=never) if never else mean(steps)
    accuracy, ms = mean(run.accuracy[-1] for run in runs), mean(run.ms_per_step for run in runs)
    return [Say(kind), runs[0].lr, accuracy, slow, ms]
