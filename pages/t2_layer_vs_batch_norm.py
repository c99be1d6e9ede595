"""T2 · How do LayerNorm and BatchNorm differ?   Ba et al. 2016; Ioffe & Szegedy 2015; Vaswani et al. 2017, §3.1."""

from typing import Annotated

import torch
from torch import Tensor

from models import normalization, toy_batch
from study.demo import Choice, Claim, Evidence, Measured, Origin, Say, Seed, Slider
from study.views import Bars, Heatmap, Lines, Series, Table

EPS = 1e-5


def axes(
    norm: Annotated[str, Choice("layer", "batch", "rms")] = "layer",
    token_scale: Annotated[float, Slider(0.5, 10, scale="log")] = 5.0,
    channel_shift: Annotated[float, Slider(-5, 5, step=0.5)] = 3.0,
    gamma: Annotated[float, Slider(0.5, 3, step=0.5)] = 1.0,
    beta: Annotated[float, Slider(-2, 2, step=0.5)] = 0.0,
    seed: Seed = 0,
) -> Evidence:
    """One (B, T, C) batch, one token louder, one channel shifted: which of the two does a normalisation undo?"""
    b, t, c = 3, 4, 6
    g, offset = torch.full((c,), gamma, dtype=torch.float64), torch.full((c,), beta, dtype=torch.float64)
    base = toy_batch.tokens(b, t, c, seed)  # (B, T, C)
    louder = base.clone()
    louder[0, 1] *= token_scale
    shift = torch.zeros(c, dtype=torch.float64)
    shift[2] = channel_shift

    def normal(x: Tensor) -> Tensor:
        if norm == "rms":
            return normalization.rms_norm(x, g)
        return (normalization.layer_norm if norm == "layer" else normalization.batch_norm)(x, g, offset, EPS)

    def moved(x: Tensor) -> Tensor:
        return (normal(x) - normal(base)).abs().max()

    x, y = louder + shift, normal(louder + shift)  # (B, T, C) each
    axis = 0 if norm == "batch" else 1
    before, after = _spread(x, axis, norm == "rms"), _spread(y, axis, norm == "rms")  # (B·T or C, 2) each
    names, channels = toy_batch.token_names(b, t), toy_batch.names("c", c)
    eps = torch.finfo(x.dtype).eps if norm == "rms" else EPS
    kind = "mean_square" if norm == "rms" else "variance"
    short = gamma**2 * eps / float(before[:, 1].min()) + 1e-9  # what eps takes from gamma² at most
    claims = [Claim("same_as_torch", (y - toy_batch.torch_norm(norm, c, gamma, beta)(x)).abs().max(), 0.0, abs=1e-6)]
    if norm != "rms":
        claims.append(Claim("mean", _worst(after[:, 0], beta), beta, abs=1e-9))
    claims.append(Claim(kind, _worst(after[:, 1], gamma**2), gamma**2, abs=short))
    if norm == "batch":
        claims.append(Claim("channel_shift_undone", moved(base + shift), 0.0, abs=1e-9))
        left = Measured("token_scale_left", moved(louder))
    else:
        spread = float(_spread(base, 1, norm == "rms")[1, 1])
        slack = 0.5 * gamma * c**0.5 * eps / spread * abs(1 / token_scale**2 - 1) + 1e-9  # what eps leaves of the scale
        claims.append(Claim("token_scale_undone", moved(louder), 0.0, abs=slack))
        left = Measured("channel_shift_left", moved(base + shift))
    return Evidence(
        Heatmap(x.flatten(0, 1), names, channels, "before", "channel", "token", group="x", role="hidden"),
        Heatmap(y.flatten(0, 1), names, channels, Say(f"after_{norm}"), "channel", "token", group="x", role="hidden"),
        Table(
            ["along", "mean_before", f"{kind}_before", "mean_after", f"{kind}_after"],
            [[n, *before[i].tolist(), *after[i].tolist()] for i, n in enumerate(channels if axis == 0 else names)],
            title=f"statistics_{norm}",
        ),
        claims=claims,
        measured=[Measured("statistics", len(before)), left],
        origin=Origin.TOY,
    )


def neighbour(
    amount: Annotated[float, Slider(0, 10, step=0.5)] = 5.0,
    where: Annotated[str, Choice("neighbour", "future")] = "neighbour",
    sentences: Annotated[int, Slider(2, 32)] = 3,
    seed: Seed = 0,
) -> Evidence:
    """Disturb sentence 2 (or my own last token) and look at sentence 1: only batch normalisation lets it be seen."""
    t, c = 4, 6
    everyone = toy_batch.tokens(32, t, c, seed)  # (32, T, C)
    push = amount * torch.randn(t, c, generator=toy_batch.generator(seed + 1), dtype=torch.float64)  # (T, C)
    disturbed = everyone.clone()
    if where == "neighbour":
        disturbed[1] += push
    else:
        disturbed[0, -1] += push[-1]
    mine = slice(t) if where == "neighbour" else slice(t - 1)  # the tokens of sentence 1 that are what they were
    x, z = everyone[:sentences], disturbed[:sentences]  # (B, T, C) each
    layer = normalization.layer_norm(z) - normalization.layer_norm(x)  # (B, T, C)
    batch = normalization.batch_norm(z) - normalization.batch_norm(x)  # (B, T, C)
    mean, var, _ = normalization.batch_statistics(x)
    in_eval = normalization.batch_norm_eval(z, mean, var) - normalization.batch_norm_eval(x, mean, var)  # (B, T, C)
    alone = normalization.layer_norm(x[:1, mine]) - normalization.layer_norm(z)[:1, mine]  # (1, T, C)
    torchs = {name: toy_batch.torch_norm(name, c) for name in ("layer", "batch")}
    apart = [(torchs[n](z) - torchs[n](x) - d).abs().max() for n, d in (("layer", layer), ("batch", batch))]
    sizes = range(2, 33)
    pull = [normalization.batch_norm(disturbed[:n]) - normalization.batch_norm(everyone[:n]) for n in sizes]
    pull = [float(d[0, mine].abs().mean()) for d in pull]
    shown = min(sentences, 3)
    names, channels = toy_batch.token_names(shown, t), toy_batch.names("c", c)
    return Evidence(
        Heatmap(layer[:shown].flatten(0, 1), names, channels, "layer_change", "channel", "token", group="change"),
        Heatmap(batch[:shown].flatten(0, 1), names, channels, "batch_change", "channel", "token", group="change"),
        Lines(
            [Series("batch", sizes, pull), Series("layer", sizes, [0.0] * len(sizes), dashed=True)],
            x="batch_size", y="my_change", title="pull", here=sentences,
        ),
        claims=[
            Claim("layer_unmoved", layer[0, mine].abs().max(), 0.0),
            Claim("layer_alone", alone.abs().max(), 0.0, abs=1e-12),
            Claim("eval_unmoved", in_eval[0, mine].abs().max(), 0.0),
            Claim("same_as_torch", max(apart), 0.0, abs=1e-6),
        ],
        measured=[
            Measured("batch_moved", batch[0, mine].abs().max()),
            Measured("batch_moved_mean", batch[0, mine].abs().mean()),
        ],
        origin=Origin.TOY,
    )  # fmt: skip


def padding(
    padded_to: Annotated[int, Slider(6, 48)] = 12,
    mean: Annotated[float, Slider(-3, 3, step=0.5)] = 2.0,
    fill: Annotated[float, Slider(-3, 3, step=0.5)] = 0.0,
    seed: Seed = 0,
) -> Evidence:
    """Four sentences of 3, 5, 2 and 6 tokens, padded: padding enters batch statistics unless a mask keeps it out."""
    lengths, c = (3, 5, 2, 6), 4
    widest = toy_batch.tokens(4, 48, c, seed, mean)  # (B, 48, C)

    def padded(length: int, value: float) -> tuple[Tensor, Tensor]:
        mask = toy_batch.real_tokens(lengths, length)  # (B, T)
        return widest[:, :length].where(mask[..., None], value), mask  # (B, T, C)

    x, mask = padded(padded_to, fill)
    share = 1 - sum(lengths) / (4 * padded_to)
    poisoned, real = normalization.batch_statistics(x), normalization.batch_statistics(x, mask)
    packed = x[mask]  # (n, C)
    with_padding = normalization.batch_norm(x)[mask]  # (n, C)
    with_mask = normalization.batch_norm(x, mask=mask)[mask]  # (n, C)
    layer = normalization.layer_norm(x)[mask]  # (n, C)
    nonsense = normalization.layer_norm(padded(padded_to, torch.nan)[0])[mask]  # (n, C)
    wide = range(6, 49)
    curve = [normalization.batch_statistics(padded(n, fill)[0]) for n in wide]
    shares = [1 - sum(lengths) / (4 * n) for n in wide]
    flat = torch.ones(len(shares))
    unpadded, by_torch = normalization.batch_norm(packed), toy_batch.torch_norm("batch", c)(packed)  # (n, C) each
    rows = [
        [Say(name), float(got[:, 0].mean()), float(got[:, 0].var(correction=0)), float((got - without).abs().max())]
        for name, got, without in (
            ("bn_padded", with_padding, unpadded),
            ("bn_masked", with_mask, unpadded),
            ("ln", layer, normalization.layer_norm(packed)),
        )
    ]
    spread = (1 - share) * real[1][0] + share * (1 - share) * (real[0][0] - fill) ** 2
    return Evidence(
        Heatmap(
            x[..., 0], toy_batch.names("s", 4), toy_batch.names("t", padded_to), "one_channel", "position", "sentence",
            masked=~mask, role="hidden",
        ),
        Lines(
            [
                Series("mean_padded", shares, [float(m[0]) for m, _, _ in curve]),
                Series("mean_real", shares, flat * real[0][0], dashed=True),
                Series("variance_padded", shares, [float(v[0]) for _, v, _ in curve]),
                Series("variance_real", shares, flat * real[1][0], dashed=True),
            ],
            x="share", y="statistic", title="drift", here=share,
        ),
        Table(["method", "mean_of_real", "variance_of_real", "moved"], rows, title="real_tokens"),
        claims=[
            Claim("poisoned_mean", poisoned[0][0], (1 - share) * real[0][0] + share * fill, abs=1e-9),
            Claim("poisoned_variance", poisoned[1][0], spread, abs=1e-9),
            Claim("masked_same_as_torch", (with_mask - by_torch).abs().max(), 0.0, abs=1e-6),
            Claim("layer_unmoved", (layer - nonsense).abs().max(), 0.0),
        ],
        measured=[Measured("padding_share", 100 * share, unit="percent"), Measured("padding_moved", rows[0][-1])],
        origin=Origin.TOY,
    )  # fmt: skip


def train_vs_eval(
    batches: Annotated[int, Slider(1, 200)] = 40,
    batch_size: Annotated[int, Slider(1, 64, scale="log")] = 8,
    length: Annotated[int, Slider(1, 8)] = 1,
    momentum: Annotated[float, Slider(0.05, 1, step=0.05)] = 0.1,
    seed: Seed = 0,
) -> Evidence:
    """Running statistics over n training batches, and the same batch normalised as in training and as in evaluation."""
    population = torch.tensor([[5.0, -2.0, 0.5, 1.0], [4.0, 1.0, 9.0, 0.25]]).double()  # (2, C): mean, variance
    c = population.shape[1]
    noise = torch.randn(200, 64, 8, c, generator=toy_batch.generator(seed), dtype=torch.float64)  # (n, B, T, C)
    seen = toy_batch.replay((population[0] + population[1].sqrt() * noise)[:batches, :batch_size, :length], momentum)
    last, now = seen.last, seen.running[-1]  # (B, T, C), (2, C)
    evaluated = normalization.batch_norm_eval(last, *now, eps=EPS)  # (B, T, C)
    claims = [
        Claim("running_mean", (seen.module.running_mean - now[0]).abs().max(), 0.0, abs=1e-6),
        Claim("running_variance", (seen.module.running_var - now[1]).abs().max(), 0.0, abs=1e-6),
        Claim("eval_same_as_torch", (seen.module(last.mT).mT.detach() - evaluated).abs().max(), 0.0, abs=1e-6),
    ]
    measured, notices = [Measured("mean_off", (now - population)[0, 0].abs())], []
    if seen.trained is None:  # one value per channel
        notices.append(Say("one_value", message=seen.message))
        layer = normalization.layer_norm(last)  # (1, 1, C)
        by_torch = toy_batch.torch_norm("layer", c)(last)  # (1, 1, C)
        claims.append(Claim("refused", seen.refused, batches))
        claims.append(Claim("layer_same_as_torch", (by_torch - layer).abs().max(), 0.0, abs=1e-6))
        outputs, names, x, title = {"layer": layer, "eval": evaluated}, toy_batch.names("c", c), "channel", "one"
        outputs = {name: y.flatten() for name, y in outputs.items()}
    else:
        ours = normalization.batch_norm(last, eps=EPS)  # (B, T, C)
        claims.insert(0, Claim("start_left", (seen.elsewhere - now[0])[0], (1 - momentum) ** batches, abs=1e-9))
        claims.append(Claim("train_same_as_torch", (seen.trained - ours).abs().max(), 0.0, abs=1e-6))
        measured.append(Measured("train_eval_gap", (ours - evaluated).abs().max()))
        outputs, names, x, title = (
            {"train": ours, "eval": evaluated},
            toy_batch.token_names(batch_size, length),
            "token",
            "same_batch",
        )
        outputs, names = {name: y[..., 0].flatten()[:12] for name, y in outputs.items()}, names[:12]
    steps, history = torch.arange(batches + 1), seen.running[..., 0]  # (n + 1,), (n + 1, 2)
    curves = [
        Lines(
            [Series(f"running_{name}", steps, history[:, i]),
             Series(f"population_{name}", steps, torch.full((batches + 1,), float(population[i, 0])), dashed=True)],
            x="batch_number", y=name, title=f"{name}_curve",
        )
        for i, name in enumerate(("mean", "variance"))
    ]  # fmt: skip
    return Evidence(
        *curves,
        Bars(outputs, names, x, "output", title),
        claims=claims,
        measured=measured,
        origin=Origin.TOY,
        notices=notices,
    )


def pre_post(
    depth: Annotated[int, Slider(1, 24)] = 12,
    norm: Annotated[str, Choice("layer", "rms")] = "layer",
    seed: Seed = 0,
) -> Evidence:
    """Gradients at initialisation, block by block: normalisation after the residual sum or inside the branch."""
    normal = {"layer": normalization.layer_norm, "rms": normalization.rms_norm}[norm]
    runs = {side: toy_batch.gradients(side == "pre", normal, depth, seed) for side in ("post", "pre")}
    twins = {side: toy_batch.twin_gradients(side == "pre", norm == "rms", depth, seed) for side in runs}
    last = {side: toy_batch.last_gradients(side == "pre", normal, seed) for side in runs}  # (24, N) each
    norms = {side: run.w_2.flatten(2).norm(dim=2) for side, run in runs.items()}  # (L, N)
    rms = {side: run.stream.square().mean((2, 3)).sqrt() for side, run in runs.items()}  # (L + 1, N)
    layers, depths = torch.arange(1, depth + 1), torch.arange(1.0, 25)
    deep, log = last["pre"][5:].mean(1).log(), depths[5:].log()  # from 6 blocks on: the law is one of deep stacks
    slope = ((log - log.mean()) * deep).sum() / (log - log.mean()).square().sum()
    root = (deep + log / 2).mean().exp() / depths.sqrt()  # (24,)
    apart = [(run.stream[:, :1] - twins[side].stream).abs().max() for side, run in runs.items()]
    apart_gradient = [(run.w_2[:, :1] - twins[side].w_2).abs().max() for side, run in runs.items()]
    return Evidence(
        Lines([_band(n, layers, g) for n, g in norms.items()], x="layer", y="gradient", title="by_layer", log_y=True),
        Lines(
            [*(_band(side, depths, g) for side, g in last.items()), Series("inverse_root", depths, root, dashed=True)],
            x="depth", y="last_gradient", title="last_block", here=depth,
        ),
        Lines([_band(n, torch.arange(depth + 1), r) for n, r in rms.items()], x="after_layer", y="rms", title="stream"),
        claims=[
            Claim("output_same_as_torch", max(apart), 0.0, abs=1e-6),
            Claim("gradient_same_as_torch", max(apart_gradient), 0.0, abs=1e-6),
            Claim("post_unit", _worst(rms["post"][-1], 1.0), 1.0, abs=1e-3),
        ],
        measured=[
            Measured("last_post", norms["post"][-1].mean()), Measured("last_pre", norms["pre"][-1].mean()),
            Measured("stream_pre", rms["pre"][-1].mean()), Measured("pre_slope", slope),
        ],
        origin=Origin.TOY,
    )  # fmt: skip


def _spread(x: Tensor, axis: int, raw: bool) -> Tensor:
    """Mean and variance (raw: mean square) of x (B, T, C) per token (axis 1, (B·T, 2)) or channel (axis 0, (C, 2))."""
    flat = x.flatten(0, 1)  # (B·T, C)
    return torch.stack([flat.mean(axis), flat.square().mean(axis) if raw else flat.var(axis, correction=0)], -1)


def _worst(values: Tensor, expected: float) -> Tensor:
    return values[(values - expected).abs().argmax()]


def _band(name: str, x: Tensor, y: Tensor) -> Series:
    """The mean of several networks, y (len(x), N), and between which two values they lie."""
    return Series(name, x, y.mean(1), y.amin(1), y.amax(1))
