"""T3 · What is positional encoding, and which one does the Transformer use?   Vaswani et al. 2017, §3.5."""

import math
from collections.abc import Iterable, Iterator
from typing import Annotated

import torch
from torch import Tensor

from models import bert, order, positional, toy, translator
from study import typed
from study.controls import Cell, Choice, Refusal, Seed, Sentence, Slider, When
from study.demo import Claim, Evidence, Measured, Origin, Progress, Say, Span, Tokens, memo
from study.views import Chain, Heatmap, Lines, Series, Table

MODEL = "all-MiniLM-L6-v2"
Line = Annotated[str, Sentence()]
Width = Annotated[int, Slider(4, 128, scale="log")]  # every rung of this ladder is even
BASES = (10.0, 100.0, 1000.0, 10_000.0, 100_000.0, 1_000_000.0)
MOVES = (1, 2, 3, 4, 6, 8, 12, 16)  # how far a position is moved by a linear map
SHIFTS = (0, 10, 20, 40, 80, 160)
PI = math.pi


def sinusoids(
    length: Annotated[int, Slider(8, 128, step=8)] = 64,
    d_model: Width = 64,
    base: Annotated[float, Slider(10.0, 1_000_000.0, scale="log")] = 10_000.0,
    cell: Annotated[tuple[int, int], Cell(128)] = (10, 8),
) -> Evidence:
    """The paper's table; the chosen cell step by step, its column and its partner as waves, all wavelengths."""
    table = positional.sinusoidal(length, d_model, base, dtype=torch.float64)  # (T, C)
    p, c = Cell.inside(cell, table.shape)
    i, w = c // 2, positional.frequencies(d_model, base)  # w: (C/2,)
    wave = 2 * PI / torch.atan2(table[1, 0::2], table[1, 1::2])  # (C/2,): how far position 1 has turned
    turned = torch.polar(torch.ones_like(w), w) ** torch.arange(length).unsqueeze(-1)  # (T, C/2): e^{iω} to the p
    x = torch.linspace(0, length - 1, 400, dtype=torch.float64)  # (400,)
    angle = p / base ** (2 * i / d_model)
    name, by_hand = ("cosine", math.cos(angle)) if c % 2 else ("sine", math.sin(angle))
    return Evidence(
        Heatmap(table, _numbers(range(length)), _numbers(range(d_model)), Say("table", rows=length, cols=d_model),
                "dimension", "position", pick="cell", selected=(p, c), hover="value_of", role="position"),
        Chain([(Say("pair_of", c=c), i), (Say("divisor", base=f"{base:,.0f}", two_i=2 * i, d=d_model), 1 / w[i]),
               (Say("angle", p=p), angle), (name, table[p, c])], Say("one_cell", p=p, c=c)),
        Lines([Series(Say("sine_at", c=2 * i), x, (x * w[i]).sin(), role="position"),
               Series(Say("cosine_at", c=2 * i + 1), x, (x * w[i]).cos(), dashed=True)],
              x="position", y="value", title=Say("waves", i=i), here=p, y_range=(-1.1, 1.1)),
        Lines([Series("wavelength", torch.arange(len(w)), wave, role="position")], x="pair", y="wavelength",
              title="wavelengths", log_y=True, here=i),
        claims=[
            Claim("by_hand", table[p, c], by_hand, abs=1e-9),
            Claim("powers", (torch.stack((turned.imag, turned.real), -1).flatten(1) - table).abs().max(), 0, abs=1e-9),
            Claim("shortest", wave[0], 2 * PI, rel=1e-9),
            Claim("longest", wave[-1], 2 * PI * base ** ((d_model - 2) / d_model), rel=1e-9),
            Claim("length", (table.norm(dim=1) - (d_model / 2) ** 0.5).abs().max(), 0, abs=1e-9),
        ],
        origin=Origin.TOY,
    )  # fmt: skip


def rotation(
    p: Annotated[int, Slider(0, 100)] = 10,
    k: Annotated[int, Slider(-50, 50)] = 5,
    pair: Annotated[str, Choice("all", "0", "1", "2", "3")] = "all",
) -> Evidence:
    """Moving by k turns each pair by k times its frequency: one pair, or all of them, of a table with d_model = 8."""
    d = 8
    w = positional.frequencies(d)  # (4,): 1, 0.1, 0.01, 0.001
    at, there = (positional.sinusoidal(1, d, start=n, dtype=torch.float64)[0] for n in (p, p + k))  # (C,) each
    full, chosen = positional.rotation(k, d), range(4) if pair == "all" else [int(pair)]
    m = torch.eye(d, dtype=torch.float64)  # (C, C)
    for i in chosen:
        m[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = full[2 * i : 2 * i + 2, 2 * i : 2 * i + 2]
    after, i = m @ at, chosen[0]  # (C,)
    moved = torch.tensor([c // 2 in chosen for c in range(d)])  # (C,)
    wide = positional.rotation(k, 512)  # (512, 512)
    early, late = (positional.sinusoidal(200, 512, start=n, dtype=torch.float64) for n in (0, k))  # (200, 512) each
    step = torch.linalg.matrix_power(positional.rotation(1 if k >= 0 else -1, d), abs(k))  # (C, C)
    names = [f"{f}{n}" for n in range(4) for f in ("sin", "cos")]
    circle = torch.linspace(0, 2 * PI, 49, dtype=torch.float64)  # (49,)
    rings = torch.stack([_joined((1 - 0.2 * n) * f for n in range(4)) for f in (circle.cos(), circle.sin())])
    return Evidence(
        Lines([Series("hands_moved", *_hands(after), role="position", points=True),
               Series(Say("hands_at", p=p), *_hands(at), dashed=True, points=True),
               Series("rings", *rings, role="mask", dashed=True)],
              x="cosine", y="sine", title=Say("clock", p=p, k=k), y_range=(-1.1, 1.1),
              square=True),
        Heatmap(m, names, names, Say("matrix", k=k), role="position"),
        Heatmap(torch.stack((at, after, there)), [f"PE({p})", f"M·PE({p})", f"PE({p + k})"], names,
                Say("vectors", p=p, k=k), group="pe", role="position"),
        Chain([(Say("turn", k=k, w=f"{w[i]:g}"), k * w[i]), (Say("first_term", i=i), m[2 * i, 2 * i] * at[2 * i]),
               (Say("second_term", i=i), m[2 * i, 2 * i + 1] * at[2 * i + 1]), (Say("sum", i=i), after[2 * i])],
              Say("addition", i=i)),
        claims=[
            Claim("moved", (after - there)[moved].abs().max(), 0, abs=1e-9),
            Claim("stayed", (after - at)[~moved].abs().sum(), 0, abs=1e-12),
            Claim("all_positions", (early @ wide.T - late).abs().max(), 0, abs=1e-9),
            Claim("step_by_step", (step - full).abs().max(), 0, abs=1e-9),
            Claim("same_length", after.norm(), at.norm(), abs=1e-9),
        ],
        origin=Origin.TOY,
    )  # fmt: skip


def relative(
    waves: Annotated[str, Choice("both", "sines")] = "both",
    d_model: Width = 64,
    length: Annotated[int, Slider(16, 64, step=8)] = 40,
    offset: Annotated[int, Slider(-12, 12), When(waves="both")] = 0,
) -> Evidence:
    """Dot products of positions, the rows first moved by `offset`; with sines alone for comparison."""
    w, both = positional.frequencies(d_model), waves == "both"
    pe = order.table(waves, length, d_model)  # (T, C)
    rows = pe @ positional.rotation(offset, d_model).T if both else pe  # (T, C): what W_Q = M may ask with
    scores = rows @ pe.T  # (T, T)
    at = torch.arange(length)
    k = at - at.unsqueeze(-1) - offset  # (T, T): column less row, less the offset
    diagonals = [scores.diagonal(n) for n in range(1 - length, length)]
    spread = max(float(z.max() - z.min()) for z in diagonals)
    misses = _misfits(d_model)
    if both:
        aim = at + offset
        inside = (aim >= 0) & (aim < length)
        claims = [
            Claim("diagonals", spread, 0, abs=1e-9),
            Claim("cosines", (scores - (k.unsqueeze(-1) * w).cos().sum(-1)).abs().max(), 0, abs=1e-9),
            Claim("peak", (scores.argmax(1) == aim)[inside].double().mean(), 1),
            Claim("moves", max(misses["both"]), 0, abs=1e-9),
        ]
        measured = []
    else:
        v = positional.frequencies(2 * d_model)  # (C,)
        total = at + at.unsqueeze(-1)  # (T, T): p + q = 2p + k
        by_sum = ((k.unsqueeze(-1) * v).cos() - (total.unsqueeze(-1) * v).cos()).sum(-1) / 2  # (T, T)
        claims = [Claim("by_sum", (scores - by_sum).abs().max(), 0, abs=1e-9)]
        measured = [Measured("spread", spread), Measured("unmoved", 100 * misses["sines"][0], unit="percent")]
    return Evidence(
        Heatmap(scores, _numbers(at), _numbers(at), Say(f"dots_{waves}", offset=offset), "position_q", "position_p",
                hover="dot_of", role="position"),
        Lines([Series(Say("from", p=p), at[: length - p], scores[p, p:]) for p in (0, length // 4, length // 2)],
              x="distance", y="dot", title="by_distance"),
        Lines([Series("with_cosines", MOVES, misses["both"], role="position", points=True),
               Series("only_sines", MOVES, misses["sines"], dashed=True)],
              x="distance", y="missed", title="misfits"),
        claims=claims, measured=measured, origin=Origin.TOY,
    )  # fmt: skip


def bases(
    d_model: Annotated[int, Slider(4, 512, scale="log")] = 512,
    window: Annotated[int, Slider(64, 1024, scale="log")] = 512,
) -> Evidence:
    """Six bases: how alike positions stay, how many dimensions move inside the window, when positions nearly repeat."""
    rows, shown, gaps, ends = [], [], [], []
    longest = [2 * PI / float(positional.frequencies(d_model, b)[-1]) for b in BASES]
    for b, wave, alike in zip(BASES, longest, _alike(d_model), strict=True):
        table = positional.sinusoidal(window + 1, d_model, b, dtype=torch.float64)  # (window + 1, C)
        moving = (table[:-1].amax(0) - table[:-1].amin(0) >= 1).double().mean()
        low = int((alike < 0.5).double().argmax())  # the first distance at which positions are less than half alike
        again = (alike[low:] >= 0.9).nonzero()
        repeat = float(low + again[0]) if low and len(again) else Say("none_found", far=len(alike) - 1)
        rows.append([f"{b:,.0f}", round(wave), 100 * float(moving), float(alike[window]), repeat])
        gaps.append((table[0] @ table.T * 2 / d_model - alike[: window + 1]).abs().max())
        ends.append(float(alike[window]))
        if b in (100, 10_000, 1_000_000):
            shown.append(Series(Say("base_of", base=f"{b:,.0f}"), torch.arange(window + 1), alike[: window + 1]))
    columns = ["base", "longest", "moving", "alike_at_end", "repeats"]
    return Evidence(
        Lines(shown, x="distance", y="alike", title=Say("alike_title", window=window), y_range=(-1.05, 1.05)),
        Table(columns, rows, Say("six_bases", d=d_model, window=window)),
        claims=[
            Claim("formula", max(gaps), 0, abs=1e-9),
            Claim("longest_wave", longest[3], 2 * PI * 10_000 ** ((d_model - 2) / d_model), rel=1e-9),
        ],
        measured=[Measured("moving_share", rows[3][2], unit="percent"), Measured("alike_end", ends[3])],
        origin=Origin.TOY,
    )


def reorder(
    sentence: Line = "dogs chase cats",
    how: Annotated[str, Choice("reverse", "rotate", "swap", "shuffle")] = "reverse",
    seed: Annotated[Seed, When(how="shuffle")] = 0,
) -> Evidence:
    """The local BERT reads the sentence and the same words in another order, with and without its positions."""
    t = typed.trace(sentence, 24)
    try:
        places = order.moved(t.tokens, how, seed)
    except ValueError:
        raise Refusal("one_word") from None
    moved = [t.ids[i] for i in places]
    run = order.encode(bert.load(), [t.ids, moved, t.ids, moved], [False, False, True, True])
    hidden, weights = run.hidden, run.attentions  # (L+1, 4, T, C), (L, 4, H, T, T)
    change, cosine, pooled = {}, {}, {}
    for name, a in (("without", 0), ("with", 2)):
        old, new = hidden[:, a, places], hidden[:, a + 1]  # (L+1, T, C) each, the new order
        change[name] = (new - old).abs().max()
        cosine[name] = (1 - torch.cosine_similarity(new, old, -1)).clamp_min(0).T  # (T, L+1)
        pooled[name] = torch.cosine_similarity(hidden[-1, a].mean(0), hidden[-1, a + 1].mean(0), 0)
    looks = weights[:, 1] - weights[:, 0][..., places, :][..., places]  # (L, H, T, T)
    tokens = [t.tokens[i] for i in places]
    spans = [Span(j, j + 1, "focus", Say("was_at", place=i)) for j, i in enumerate(places) if i != j]
    layers = _numbers(range(len(hidden)))
    return Evidence(
        Tokens(tokens, spans, {"focus": "moved"}, "new_order"),
        *(Heatmap(cosine[n], tokens, layers, n, "layer", "token", scale="amount", group="change", hover="change_of",
                  role="" if n == "without" else "position") for n in ("without", "with")),
        claims=[
            Claim("hidden_same", change["without"], 0, abs=1e-9),
            Claim("weights_same", looks.abs().max(), 0, abs=1e-9),
            Claim("sentence_same", pooled["without"], 1, abs=1e-9),
            Claim("real_model", (hidden[:, 2] - t.hidden).abs().max(), 0, abs=1e-4),
        ],
        measured=[
            Measured("largest_with", change["with"]), Measured("sentence_with", pooled["with"]),
            Measured("causal", order.causal_change(run, 0, 1, places)),
        ],
        origin=Origin.PRETRAINED, source=MODEL, notices=typed.unknown(t.tokens),
    )  # fmt: skip


def added(
    sentence: Line = "dogs chase cats",
    head: Annotated[int, Slider(0, 11)] = 2,
    cell: Annotated[tuple[int, int], Cell(24)] = (3, 2),
) -> Evidence:
    """The scores of a head of BERT's first layer, taken apart into what words and what positions contribute."""
    t = typed.trace(sentence, 24)
    parts = [order.score_parts(bert.load(), t, h) for h in range(12)]
    s, (i, j) = parts[head], Cell.inside(cell, (len(t.tokens),) * 2)
    kinds = ("words", "positions", "mixed", "rest")
    shares = [list(p.shares().values()) for p in parts]  # (H, 4)
    c, by_position = bert.load().config.d_model, torch.softmax(s.positions, -1)  # (T, T)

    def scores(z: Tensor, title: str) -> Heatmap:
        return Heatmap(z, t.tokens, t.tokens, title, "keys", "queries", group="scores", pick="cell", selected=(i, j),
                       hover="score_of", role="position" if title == "positions" else "")  # fmt: skip

    return Evidence(
        scores(s.total, "total"), *(scores(getattr(s, n), n) for n in kinds),
        Chain([*((n, getattr(s, n)[i, j]) for n in kinds), ("total", s.total[i, j])],
              Say("one_score", row=t.tokens[i], col=t.tokens[j])),
        Heatmap(shares, [f"H{n}" for n in range(12)], ["W·W", "P·P", "W·P", "R"], "shares", "part", "head",
                pick=("head", "part"), hover="share_of"),
        Table(["way", "width", "parameters"], [[Say("summed"), c, 3 * c * c], [Say("joined"), 2 * c, 6 * c * c]],
              "ways"),
        claims=[
            Claim("parts_add_up", (s.words + s.positions + s.mixed + s.rest - s.total).abs().max(), 0, abs=1e-4),
            Claim("joined_same", s.concatenated, 0, abs=1e-9),
            Claim("shares_sum", max(abs(sum(row) - 1) for row in shares), 0, abs=1e-4),
        ],
        measured=[
            Measured("previous", t.attentions[0, head].diagonal(-1).mean()),
            Measured("previous_by_position", by_position.diagonal(-1).mean()),
            Measured("share", 100 * shares[head][1], unit="percent"),
            Measured("overlap", _overlap()), Measured("overlap_random", (2 / PI / c) ** 0.5),
        ],
        origin=Origin.PRETRAINED, source=f"{MODEL} L0·H{head}", notices=typed.unknown(t.tokens),
    )  # fmt: skip


def learned(rows: Annotated[str, Choice("first", "all")] = "first") -> Evidence:
    """The 512 learned position embeddings of the local BERT beside the sinusoids of the same width."""
    place = torch.arange(64) * (1 if rows == "first" else 8)  # (64,)
    tables = {"bert": _learned(), "sinusoid": positional.sinusoidal(512, 384, dtype=torch.float64)}  # (512, C) each
    pictures, curves, found = [], [], {}
    for name, table in tables.items():
        found[name] = z = order.cosines(table)  # (512, 512)
        mean, low, high = order.by_distance(z[1:127, 1:127])  # (126,) each
        pictures.append(Heatmap(z[place][:, place], _numbers(place), _numbers(place), name, "position_q",
                                "position_p", group="cosine", hover="cosine_of", role="position"))  # fmt: skip
        curves.append(Series(name, torch.arange(64), mean[:64], low=low[:64], high=high[:64], points=True))
    fitted, unchanged = _shift_errors()
    neighbour = found["bert"][1:511, 1:511].clone().fill_diagonal_(-2).argmax(1) - torch.arange(510)
    norms = {name: table.norm(dim=1) for name, table in tables.items()}  # (512,) each
    return Evidence(
        *pictures,
        Lines(curves, x="distance", y="cosine", title="by_distance"),
        Lines([Series(n, torch.arange(512), norms[n]) for n in tables], x="position", y="norm", title="norms",
              log_y=True),
        Lines([Series("unchanged", MOVES, unchanged, dashed=True), Series("fitted", MOVES, fitted, points=True),
               Series("exact", MOVES, [0.0] * len(MOVES), role="position")], x="distance", y="missed", title="shifts"),
        claims=[
            Claim("sinusoid_norm", (norms["sinusoid"] - 192**0.5).abs().max(), 0, abs=1e-9),
            Claim("sinusoid_distance", order.distance_explains(found["sinusoid"][1:127, 1:127]), 1, abs=1e-9),
        ],
        measured=[
            Measured("explained", 100 * order.distance_explains(found["bert"][1:127, 1:127]), unit="percent"),
            Measured("nearest", 100 * (neighbour.abs() == 1).double().mean(), unit="percent"),
            Measured("first_norm", norms["bert"][0]), Measured("middle_norm", norms["bert"].median()),
            Measured("last_of_128", norms["bert"][127]), Measured("shift_missed", 100 * fitted[0], unit="percent"),
        ],
        origin=Origin.PRETRAINED, source=MODEL,
    )  # fmt: skip


def distance(
    d_k: Width = 64,
    start: Annotated[int, Slider(0, 1000, step=50)] = 100,
    n_head: Annotated[int, Slider(1, 16)] = 8,
    seed: Seed = 0,
) -> Evidence:
    """RoPE and ALiBi: what they make of a score when only the distance of query and key changes."""
    far = 64
    k = torch.arange(-far, far + 1)  # (129,): key's position less the query's
    one = torch.ones(1, d_k, dtype=torch.float64) / d_k**0.5
    drawn = [toy.normal(1, d_k, seed=seed, name=n) for n in "qk"]  # (1, d_k) each
    q, key = (x / x.norm() for x in drawn)
    same, mixed, elsewhere = _rope(one, one, far, 0), _rope(q, key, far, 0), _rope(q, key, far, start)  # (129,) each
    turn = torch.polar(torch.ones(1, dtype=torch.float64), k.unsqueeze(-1) * positional.frequencies(d_k))
    plane = [torch.view_as_complex(x.view(-1, 2)) for x in (q, key)]  # (d_k/2,) each
    by_complex = (plane[0].conj() * plane[1] * turn).real.sum(-1)  # (129,)
    slopes, bias = positional.alibi_slopes(n_head), positional.alibi(n_head, far + 1)  # (H,), (H, T, T)
    heads = sorted({0, n_head // 2, n_head - 1}, key=lambda h: slopes[h])
    back, last = torch.arange(far, -1, -1), bias[:, -1]  # (T,), (H, T): the last query looks back
    weights = torch.softmax(last, -1)  # (H, T)
    toeplitz = max(float(b.diagonal(n).max() - b.diagonal(n).min()) for b in bias for n in range(-far, far + 1))
    pe = positional.sinusoidal(far + 1, d_k, dtype=torch.float64)  # (T, C)
    ratio = weights[0, :-1] / weights[0, 1:]  # (T - 1,)

    def of_heads(z: Tensor) -> list[Series]:
        return [Series(Say("head_of", h=h, slope=f"{slopes[h]:.3g}"), back, z[h]) for h in heads]

    return Evidence(
        Lines([Series("same_content", k, same), Series("other_content", k, mixed)],
              x="signed_distance", y="score", title="rope"),
        Lines(of_heads(last), x="looking_back", y="bias", title="alibi"),
        Lines(of_heads(weights), x="looking_back", y="weight", title="alibi_weights"),
        claims=[
            Claim("rope_relative", (elsewhere - mixed).abs().max(), 0, abs=1e-9),
            Claim("rope_complex", (by_complex - mixed).abs().max(), 0, abs=1e-9),
            Claim("rope_at_zero", mixed[far], (q * key).sum(), abs=1e-9),
            Claim("rope_is_sinusoid", (same[far:] - pe @ pe[0] * 2 / d_k).abs().max(), 0, abs=1e-9),
            Claim("alibi_distance", toeplitz, 0, abs=1e-12),
            Claim("alibi_ratio", (ratio - (-slopes[0]).exp()).abs().max(), 0, abs=1e-9),
        ],
        measured=[Measured("steepest", slopes.max()), Measured("flattest", slopes.min())],
        origin=Origin.TOY,
    )  # fmt: skip


def beyond(progress: Progress, pairs: Annotated[int, Slider(10, 50, step=10)] = 30) -> Iterator[Evidence]:
    """Our translator reads held-out pairs whose positions begin further on: its loss and accuracy, teacher forcing."""
    try:
        held_out = order.held_out(pairs)
    except order.NoPairs:
        raise Refusal("no_pairs") from None
    tr = translator.load()
    b = order.batch(tr, held_out)
    usual = order.displaced(tr.model, b)  # (B, T, V)
    with torch.no_grad():
        gap = (usual - tr.model(b.source, b.target)).abs().max()
    whole, nothing = (order.next_token(z, b.labels) for z in (usual, order.displaced(tr.model, b, positions=False)))
    found: dict[str, list[tuple[float, float]]] = {name: [whole] for name in ("both", "source", "target")}
    for n, shift in enumerate(SHIFTS):
        if shift:
            for name, at in (("both", (shift, shift)), ("source", (shift, 0)), ("target", (0, shift))):
                found[name].append(order.next_token(order.displaced(tr.model, b, *at), b.labels))
        progress.report((n + 1) / len(SHIFTS))
        done = SHIFTS[: n + 1]

        def lines(what: int, y: str, done: tuple[int, ...] = done) -> Lines:
            drawn = [Series(name, done, [pair[what] for pair in found[name]], points=True) for name in found]
            level = Series("no_positions", (SHIFTS[0], SHIFTS[-1]), [nothing[what]] * 2, dashed=True)
            return Lines([*drawn, level], x="shift", y=y, title=f"{y}_title")

        yield Evidence(
            lines(0, "loss"), lines(1, "accuracy"),
            claims=[Claim("same_model", gap, 0, abs=1e-4)],
            measured=[
                Measured("loss_0", whole[0], unit="nats"), Measured("loss_now", found["both"][-1][0], unit="nats"),
                Measured("loss_without", nothing[0], unit="nats"), Measured("accuracy_0", whole[1]),
                Measured("accuracy_now", found["both"][-1][1]), Measured("accuracy_without", nothing[1]),
                Measured("tokens", (b.labels != 0).sum()), Measured("longest", b.source.shape[1]),
            ],
            origin=Origin.TRAINED_HERE, source="models/checkpoints/translator/CARD.md",
        )  # fmt: skip


# --- steps that reruns share -----------------------------------------------------------------------------------------
@memo
def _misfits(d_model: int) -> dict[str, list[float]]:
    return {waves: order.misfit(waves, d_model, MOVES) for waves in ("both", "sines")}


@memo
def _alike(d_model: int, far: int = 4096) -> list[Tensor]:
    """For every base, the cosine of positions at the distances 0 … far: (far + 1,) each."""
    k = torch.arange(far + 1, dtype=torch.float64).unsqueeze(-1)  # (far + 1, 1)
    return [(k * positional.frequencies(d_model, b)).cos().mean(-1) for b in BASES]


@memo
def _shift_errors() -> tuple[list[float], list[float]]:
    return order.shift_errors(_learned()[1:511], MOVES)


def _learned() -> Tensor:
    return bert.load().encoder.embedding.position.weight.double()  # (512, C)


@memo
def _overlap() -> float:
    """Mean |cosine| of a token's and a position's embedding: every eighth token with all positions."""
    given = bert.load().encoder.embedding
    tokens, positions = (torch.nn.functional.normalize(z) for z in (given.token.weight[::8], given.position.weight))
    return float((tokens @ positions.T).abs().mean())


def _rope(q: Tensor, k: Tensor, far: int, start: int) -> Tensor:
    """Scores of q at the position start + far with k at start … start + 2·far: (2·far + 1,)."""
    asked = positional.rope(q, start + far)  # (1, d_k)
    return (positional.rope(k.expand(2 * far + 1, -1), start) @ asked.T).squeeze(-1)


def _hands(pe: Tensor) -> tuple[Tensor, Tensor]:
    """Clock hands of the pairs of PE(p), the fastest the longest: x and y of lines from the centre to each tip."""
    tips = pe.view(-1, 2) * (1 - 0.2 * torch.arange(len(pe) // 2)).unsqueeze(-1)  # (C/2, 2): sine, cosine
    x, y = (_joined(torch.stack((torch.zeros_like(z), z)) for z in side) for side in (tips[:, 1], tips[:, 0]))
    return x, y


def _joined(pieces: Iterable[Tensor]) -> Tensor:
    """Lines one after another, with a gap between them."""
    gap = torch.full((1,), torch.nan, dtype=torch.float64)
    return torch.cat([part for piece in pieces for part in (piece, gap)])


def _numbers(values: Iterable) -> list[str]:
    return [str(int(i)) for i in values]
