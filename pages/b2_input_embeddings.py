"""B2 · What are BERT's input embeddings, and why are they added?   Devlin et al. 2019, §3; Figure 2."""

from typing import Annotated

import torch
from torch import Tensor

from models import bert, shapes, word_senses
from models import input_embedding as inputs
from models.input_embedding import cosine
from study import typed
from study.controls import Cell, Choice, Refusal, Sentence, Slider, Texts, Toggle, When
from study.demo import Claim, Evidence, Measured, Origin, Say, Span, Tokens, memo
from study.views import Bars, Chain, Heatmap, Lines, Points, Scatter, Series, Table

FIGURE_2 = "my dog is cute", "he likes playing"
MODEL = "all-MiniLM-L6-v2"
C = 384  # d_model
WINDOW = 24  # how many of the C numbers are drawn at once
ROLES = {"token": "hidden", "position": "position"}
WIDTHS = (4, 8, 16, 32, 64, 128, 256, C)
Line, Pair = Annotated[str, Sentence(400)], Annotated[str, Sentence(400, optional=True)]
Layer, Head = Annotated[int, Slider(0, 5)], Annotated[int, Slider(0, 11)]  # counted from 0


def parts(
    text: Line = FIGURE_2[0],
    pair: Pair = FIGURE_2[1],
    first: Annotated[int, Slider(0, C - WINDOW, step=WINDOW)] = 0,
    cell: Annotated[tuple[int, int], Cell(64)] = (2, 0),
) -> Evidence:
    """Figure 2 with real numbers: three tables, their sum, and LayerNorm, 24 of the 384 numbers at a time."""
    s = _sum(text, pair, 32)
    i, j = Cell.inside(cell, (len(s.ids), WINDOW))
    n = first + j
    total, normed = inputs.library(s)  # (T, C) each
    other = inputs.taken_apart("Something else.", "Entirely.")
    columns = [str(c) for c in range(first, first + WINDOW)]

    def matrix(z: Tensor, name: str, group: str = "sum") -> Heatmap:
        return Heatmap(z[:, first : first + WINDOW], s.tokens, columns, name, x="dimension", y="token_row", group=group,
                       role=ROLES.get(name, ""), pick="cell", selected=(i, j), hover="number_of")  # fmt: skip

    mean = s.total[i].mean()
    return Evidence(
        *(matrix(getattr(s, name), name) for name in inputs.PARTS), matrix(s.total, "sum"),
        matrix(s.normed, "normed", "normed"),
        Chain([
            *(((Say(f"{name}_of", token=s.tokens[i], segment="AB"[s.segments[i]], position=i)), getattr(s, name)[i, n])
              for name in inputs.PARTS),
            ("sum", s.total[i, n]), ("less_mean", s.total[i, n] - mean),
            ("by_spread", (s.total[i, n] - mean) / s.spread[i, 0]), ("normed", s.normed[i, n]),
        ], Say("one_number", token=s.tokens[i], n=n)),
        claims=[
            Claim("same_sum", measured=_gap(s.total, total), expected=0, abs=1e-12),
            Claim("same_normed", measured=_gap(s.normed, normed), expected=0, abs=1e-9),
            Claim("cls_is_constant", measured=_gap(s.normed[0], other.normed[0]), expected=0),
        ],
        origin=Origin.PRETRAINED, source=MODEL, notices=typed.unknown(s.tokens),
    )  # fmt: skip


def shares(text: Line = FIGURE_2[0], pair: Pair = FIGURE_2[1]) -> Evidence:
    """How long the three vectors are, how much each contributes to the sum, and the lengths of all 512 positions."""
    s = _sum(text, pair, 40)
    share, apart = inputs.shares(s), inputs.shares_of_difference(s)  # (3, T), (3,)
    length = dict(zip(inputs.PARTS, s.parts.norm(dim=-1), strict=True))  # (T,) each
    token, segment, position = inputs.tables()
    every = position.norm(dim=-1)  # (512,)
    rows = [[Say(name), *map(float, (length[name].mean(), share[k].mean(), share[k, 0], apart[k]))]
            for k, name in enumerate(inputs.PARTS)]  # fmt: skip
    ends = torch.tensor([0, len(every) - 1])
    flat = [Series(Say(k, value=f"{v:.2f}"), ends, torch.tensor([v, v]), role=role, dashed=True)
            for k, role, v in (("mean_token", "hidden", token.norm(dim=-1).mean().item()),
                               ("segment_a", "", segment[0].norm().item()))]  # fmt: skip
    return Evidence(
        Bars(length, s.tokens, x="token_row", y="length", title="lengths", roles=ROLES),
        Lines([Series("position", range(len(every)), every, role="position"), *flat], x="place", y="length",
              title="all_positions"),
        Table(["part", "mean_length", "share", "share_of_cls", "share_of_difference"], rows, "compared"),
        claims=[
            Claim("add_up", measured=_gap(share.sum(0), 1), expected=0, abs=1e-9),
            Claim("constant_tells_nothing", measured=_difference_of_constant(s), expected=0, abs=1e-9),
        ],
        measured=[
            Measured("segments_cosine", cosine(*segment)), Measured("segments_apart", (segment[0] - segment[1]).norm()),
        ],
        origin=Origin.PRETRAINED, source=MODEL, notices=typed.unknown(s.tokens),
    )  # fmt: skip


def switches(
    text: Line = FIGURE_2[0],
    pair: Pair = FIGURE_2[1],
    token: Annotated[bool, Toggle()] = True,
    segment: Annotated[bool, Toggle()] = True,
    position: Annotated[bool, Toggle()] = False,
    swap: Annotated[bool, Toggle()] = False,
    layer: Layer = 0,
    head: Head = 2,
) -> Evidence:
    """The model with parts of its input left out or its sentences swapped, beside the model as it is."""
    s, keep = _sum(text, pair, 40), (token, segment, position)
    usual = inputs.run(s)
    new, back = inputs.swapped(s) if swap else (s, list(range(len(s.ids))))
    changed = inputs.run(new, keep).back(back)
    moved = inputs.moved(usual.attentions, changed.attentions).mean(-1)  # (L, H)
    reverse = s.ordered(range(len(s.ids) - 1, -1, -1))
    unplaced = [inputs.run(x, (token, segment, False)).sentence for x in (s, reverse)]
    compared = [["as_set", inputs.compared(usual, changed)], *inputs.cases(s, usual)]
    alone = [Measured("two_texts", cosine(*(inputs.run(inputs.taken_apart(x)).sentence for x in (text, pair))))]

    def weights(of: inputs.Run, name: str) -> Heatmap:
        return Heatmap(of.attentions[layer, head], s.tokens, s.tokens, Say(name, layer=layer, head=head), x="keys",
                       y="queries", scale="weight", hover="weight_of")  # fmt: skip

    return Evidence(
        weights(usual, "usual"), weights(changed, "changed"),
        Heatmap(moved, [f"L{n}" for n in range(6)], [f"H{n}" for n in range(12)], "moved", x="head", y="layer",
                scale="amount", pick=("layer", "head"), selected=(layer, head), hover="moved_of"),
        Table(["case", "cos_sum", "mean_moved", "cos_sentence", "cos_cls"], [[Say(k), *row] for k, row in compared],
              "cases"),
        claims=[  # the layers compute in float32: hence the slack
            Claim("same_as_model", measured=_gap(usual.hidden, typed.traced(text, pair).hidden), expected=0, abs=1e-4),
            Claim("no_position_no_order", measured=cosine(*unplaced), expected=1, abs=1e-6),
        ],
        measured=[
            Measured("head_moved", moved[layer, head]), Measured("cos_sentence", compared[0][1][2]),
            *(alone if pair.strip() else ()),
        ],
        origin=Origin.PRETRAINED, source=f"{MODEL} L{layer}·H{head}",
        notices=[Say("never_trained")] * (not all(keep)) + [Say("no_pair")] * (swap and 1 not in s.segments)
        + typed.unknown(s.tokens),
    )  # fmt: skip


def recover(text: Line = FIGURE_2[0], pair: Pair = FIGURE_2[1],
            width: Annotated[int, Slider(4, C, scale="log")] = 64) -> Evidence:  # fmt: skip
    """Token and position read back from the sum by nearest neighbour; and what a concatenation would cost."""
    s = _sum(text, pair, 64)
    read, room = inputs.read_back(s.total, width), inputs.room()
    right = torch.tensor(s.ids) == read.ids, torch.arange(len(s.ids)) == read.positions  # (T,) each
    curves = _curves()
    legend = {"right": "read_right", "wrong": "read_wrong"}
    vocabulary = bert.load().tokenizer.id_to_token
    read_as = [vocabulary(i) for i in read.ids.tolist()], [str(i) for i in read.positions.tolist()]

    def chips(names: list[str], k: int, title: str) -> Tokens:
        spans = [Span(i, i + 1, "right" if ok else "wrong", Say("read_as", name=name))
                 for i, (ok, name) in enumerate(zip(right[k].tolist(), read_as[k], strict=True))]  # fmt: skip
        return Tokens(names, spans, legend, Say(title, width=width))

    w = bert.load().encoder.layers[0].attention.query.weight.double()  # (C, C)
    tied = torch.cat(list(s.parts), -1) @ torch.cat([w] * 3, -1).T  # (T, C): (T, 3C) times (3C, C)
    here, wide = bert.BertConfig(), bert.BertConfig(d_model=3 * C, d_ff=3 * bert.BertConfig.d_ff)
    base = shapes.count_parameters(here, pooler=False)
    tables = C * (here.vocab_size + here.n_segment + here.n_position)
    layers = shapes.count_parameters(wide, pooler=False).total - 3 * tables
    return Evidence(
        chips(s.tokens, 0, "tokens_read"), chips([str(i) for i in range(len(s.ids))], 1, "positions_read"),
        Lines([Series("token", WIDTHS, curves[0], role="hidden", points=True),
               Series("position", WIDTHS, curves[1], role="position", points=True, dashed=True)],
              x="width_axis", y="read_rate", title="by_width", log_x=True, here=width, y_range=(0, 1.05)),
        Table(["design", "vector_width", "extra", "all_parameters"], [
            [Say(design), wide_as, f"{more:,}", f"{base.total + more:,}"] for design, wide_as, more in (
                ("add", C, 0), ("join_and_project", C, 3 * C * C),
                ("join_and_carry", 3 * C, tables + layers - base.total))
        ], "designs"),
        claims=[
            Claim("tied", measured=_gap(tied, s.total @ w.T), expected=0, abs=1e-9),
            Claim("projection_cost", measured=torch.nn.Linear(3 * C, C, bias=False).weight.numel(), expected=3 * C**2),
            Claim("params_of_sum", measured=base.total - sum(p.numel() for p in bert.load().encoder.parameters()),
                  expected=0),
        ],
        measured=[
            Measured("tokens_right", right[0].double().mean()), Measured("positions_right", right[1].double().mean()),
            Measured("along_own", _along_own(8)),
            Measured("token_room", room["token"]), Measured("position_room", room["position"]),
            Measured("mean_cosine", room["cosine"]), Measured("random_cosine", (2 / torch.pi / C) ** 0.5),
        ],
        origin=Origin.PRETRAINED, source=MODEL, notices=typed.unknown(s.tokens),
    )  # fmt: skip


def scores(
    text: Line = FIGURE_2[0], pair: Pair = FIGURE_2[1], cell: Annotated[tuple[int, int], Cell(12)] = (2, 8)
) -> Evidence:
    """Every score of layer 0 is a sum of token with token, token with position, position with token, and so on."""
    s = _sum(text, pair, 32)
    head, (query, key) = cell[0], divmod(cell[1], 3)
    terms = inputs.score_terms(s)  # (4, 4, H, T, T)
    share = inputs.score_shares(terms)  # (4, 3, H)
    own = terms - terms.mean(-1, keepdim=True)  # (4, 4, H, T, T)
    weights = terms.sum((0, 1)).softmax(-1)  # (H, T, T)
    names = [f"{a}·{b}" for a in "tspb" for b in "tsp"]

    def matrix(z: Tensor, title: Say, **more) -> Heatmap:
        return Heatmap(z, s.tokens, s.tokens, title, x="keys", y="queries", **more)

    return Evidence(
        Heatmap(share.flatten(0, 1).T, [f"H{n}" for n in range(12)], names, "who_asks_whom", x="term", y="head",
                pick="cell", selected=cell, hover="share_of"),
        matrix(own[query, key, head], Say("one_term", term=names[cell[1]], head=head), hover="score_of"),
        matrix(weights[head], Say("weights", head=head), scale="weight", hover="weight_of"),
        claims=[
            Claim("terms_add_up", measured=_gap(terms.sum((0, 1)), inputs.scores(s)), expected=0, abs=1e-9),
            # the model's own weights are float32
            Claim("same_weights", measured=_gap(weights, typed.traced(text, pair).attentions[0]), expected=0, abs=1e-4),
            Claim("shares_add_up", measured=_gap(share.sum((0, 1)), 1), expected=0, abs=1e-9),
        ],
        measured=[Measured("content", share[0, 0, head]), Measured("place", share[2, 2, head]),
                  Measured("crossed", share[0, 2, head] + share[2, 0, head])],
        origin=Origin.PRETRAINED, source=f"{MODEL} L0·H{head}", notices=typed.unknown(s.tokens),
    )  # fmt: skip


def senses(
    lines: Annotated[str, Texts(4000, most=20), When(word="own")] = word_senses.LINES["bank"],
    word: Annotated[str, Choice("bank", "apple", "bat", "own")] = "bank",
    layer: Annotated[int, Slider(0, 6)] = 3,
) -> Evidence:
    """The marked words of all lines as points, before the layers and after one; same sense against other sense."""
    uses = _uses(lines if word == "own" else word_senses.LINES[word])
    cosines, same = word_senses.cosines(uses), word_senses.same_sense(uses)  # (L+1, N, N), (N, N)
    alike, unlike = word_senses.means(cosines, same)  # (L+1,) each
    one_word = len({u.ids for u in uses}) == 1
    names = [str(n) if one_word else f"{u.word} {n}" for n, u in enumerate(uses, 1)]
    told = [f"{u.sense} {n}" for n, u in zip(names, uses, strict=True)]

    def points(at: int, title: str) -> tuple[Scatter, float]:
        xy, share = word_senses.plane(torch.stack([u.vectors[at] for u in uses]))  # (N, 2)
        groups = []
        for sense in dict.fromkeys(u.sense for u in uses):
            mine = [i for i, u in enumerate(uses) if u.sense == sense]
            groups.append(Points(Say("as_is", text=sense), *xy[mine].T, [names[i] for i in mine]))
        return Scatter(groups, "pc1", "pc2", Say(title, layer=at, share=f"{share:.0%}"), square=True), share

    nearest = word_senses.nearest(cosines[layer]).tolist()  # (N,)
    before, after = points(0, "before")[0], points(layer, "after" if layer else "before")[0]
    x = torch.stack([u.vectors[layer] for u in uses])  # (N, C)
    flat = word_senses.plane(x)[0]
    ratio = (torch.cdist(flat, flat) - torch.cdist(x, x)).max()
    return Evidence(
        *((before, after) if layer else (before,)),
        Table(["number", "sense", "sentence", "nearest_one", "same"], [
            [i + 1, u.sense, u.text, f"{n + 1} {uses[n].sense}", "✓" if same[i, n] else "✗"]
            for i, (u, n) in enumerate(zip(uses, nearest, strict=True))], Say("sentences", layer=layer)),
        Lines([Series("same_sense", range(7), alike, points=True),
               Series("other_sense", range(7), unlike, points=True)],
              x="layer", y="mean_cosine", title="by_layer", here=layer),
        Heatmap(1 - cosines[layer], told, told, Say("distances", layer=layer), scale="amount", hover="distance_of"),
        claims=[
            Claim("shadow", measured=ratio, expected=0, abs=1e-6, op="≤"),
            Claim("only_place_differs", measured=_unplaced_gap(uses), expected=0, abs=1e-12),
        ],
        measured=[
            Measured("gap", alike[layer] - unlike[layer]), Measured("gap_before", alike[0] - unlike[0]),
            Measured("nearest", sum(bool(same[i, n]) for i, n in enumerate(nearest)) / len(uses)),
            Measured("luck", word_senses.luck(cosines[layer], same)),
        ],
        origin=Origin.PRETRAINED, source=MODEL,
    )  # fmt: skip


# --- what the demos share --------------------------------------------------------------------------------------------
def _gap(a: Tensor, b: Tensor | float) -> float:
    return float((a - b).abs().max())


def _sum(text: str, pair: str, limit: int) -> inputs.Sum:
    typed.fits(text, limit, pair)
    return inputs.taken_apart(text, pair)


def _difference_of_constant(s: inputs.Sum) -> float:
    """The segments' share of what tells the tokens apart, if all tokens were of segment A."""
    return float(inputs.shares_of_difference(inputs.of(s.tokens, s.ids, [0] * len(s.ids)))[1].abs())


@memo
def _curves() -> list[list[float]]:
    """Share of 300 random sums whose token, and whose position, is read back from so many numbers."""
    total, ids, positions = inputs.random_sums(300, seed=0)
    reads = [inputs.read_back(total, width) for width in WIDTHS]
    return [[float((r.ids == ids).double().mean()) for r in reads],
            [float((r.positions == positions).double().mean()) for r in reads]]  # fmt: skip


@memo
def _along_own(directions: int) -> float:
    """Share of the same random sums whose position is read back along so many directions of the position table."""
    total, _, positions = inputs.random_sums(300, seed=0)
    return float((inputs.positions_along(total, directions) == positions).double().mean())


def _unplaced_gap(uses: tuple[word_senses.Use, ...]) -> float:
    """How far two uses of one word lie apart before positions are added, at most."""
    first = {}
    return max(_gap(u.unplaced, first.setdefault(u.ids, u).unplaced) for u in uses)


@memo
def _uses(lines: str) -> tuple[word_senses.Use, ...]:
    uses = []
    for number, line in enumerate(Texts.lines(lines), 1):
        try:
            uses.append(word_senses.use(line))
        except word_senses.BadLine as bad:
            told = {"tokens": bad.tokens, "limit": word_senses.LIMIT} if bad.reason == "long" else {}
            raise Refusal(f"bad_{bad.reason}", line=number, **told) from None
    if not 1 < len({u.sense for u in uses}) < len(uses):
        raise Refusal("few_senses")
    return tuple(uses)
