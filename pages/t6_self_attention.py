"""T6 · Where is the "self" in self-attention?   Vaswani et al. 2017, §2, §3.2.3, §4; appendix, Figures 3–5."""

from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from models import attention, heads, shared_projection, translator
from models import pronouns as bench
from models import sources as site_of
from study import typed
from study.controls import Cell, Choice, Refusal, Seed, Sentence, Slider, Texts, Toggle, When
from study.demo import Claim, Evidence, Measured, Origin, Say, TokenLines, Tokens, memo
from study.views import Heatmap, Heatmaps, Lines, Series, Table

LINE = "The animal didn't cross the street because it was too tired."
CHINESE, ENGLISH = "我昨天在图书馆看书。", "I read a book in the library yesterday."
MODEL, CARD = "all-MiniLM-L6-v2", "models/checkpoints/translator/CARD.md"
Line, Chinese = Annotated[str, Sentence(400)], Annotated[str, Sentence(200)]
English = Annotated[str, Sentence(400, optional=True)]
BertLayer, BertHead = Annotated[int, Slider(0, 5)], Annotated[int, Slider(0, 11)]  # counted from 0
Layer, Head = Annotated[int, Slider(0, 2)], Annotated[int, Slider(0, 3)]
Site = Annotated[str, Choice(*site_of.SITES)]


def sources(
    chinese: Chinese = CHINESE,
    english: English = ENGLISH,
    site: Site = "encoder",
    swap: Annotated[bool, Toggle()] = False,
    layer: Layer = 2,
    head: Head = 2,
) -> Evidence:
    """mha(x_q, x_kv, x_kv) three times: only the arguments differ. swap gives the same matrices the other sequence."""
    r = _reading(chinese, english, 48)
    a = site_of.attend(r, site, layer, swap)  # (H, T, S)
    every = site_of.trained(r.trace, site)  # (L, H, T, S)
    if swap:
        every = torch.stack([site_of.attend(r, site, n, swap).weights for n in range(len(every))])
    w = a.weights[head]  # (T, S)
    T, S = w.shape
    hidden = None if a.mask is None else ~a.mask
    claims = [
        Claim("same_as_torch", measured=_gap(a.weights, a.again), expected=0, abs=1e-6),
        Claim("rows_sum_to_one", measured=_gap(a.weights.sum(-1), 1), expected=0, abs=1e-9),
    ]
    if hidden is not None:
        claims.append(Claim("masked_weights", measured=a.weights[:, hidden].sum(), expected=0))
    if not swap:
        claims.insert(0, Claim("same_as_model", measured=_gap(a.weights, every[layer]), expected=0, abs=1e-5))
        if site != "encoder":
            early = site_of.trained(r.first_half, site)[layer]  # (H, half, half or S)
            gap = _gap(early, every[layer, :, : r.half, : early.shape[-1]])
            claims.append(Claim("needs_no_later_token", measured=gap, expected=0, abs=1e-5))
    measured = [Measured("entropy", attention.entropy(w).mean(), unit="nats")]
    if swap:
        usual = site_of.attend(r, site, layer)
        measured.append(Measured("changed", (a.output - usual.output).norm() / usual.output.norm()))
    if site != "encoder":
        measured.append(Measured("loss", site_of.loss(r, site), unit="nats"))
        if swap:
            measured.append(Measured("loss_here", site_of.loss(r, site, [layer]), unit="nats"))
            measured.append(Measured("loss_all", site_of.loss(r, site, range(len(every))), unit="nats"))
    return Evidence(
        Tokens(a.q.tokens, title=Say(f"q_{a.q.name}", n=T)),
        Tokens(a.kv.tokens, title=Say(f"kv_{a.kv.name}", n=S)),
        Heatmap(w, a.q.tokens, a.kv.tokens, Say("weights", layer=layer, head=head, rows=T, cols=S), x="keys",
                y="queries", scale="weight", masked=hidden, hover="weight_of"),
        Heatmaps(every, [f"L{n}" for n in range(len(every))], [f"H{n}" for n in range(every.shape[1])],
                 a.q.tokens, a.kv.tokens, "all_heads", x="head", y="layer", pick=("layer", "head"),
                 selected=(layer, head)),
        claims=claims,
        measured=measured,
        origin=Origin.TRAINED_HERE,
        source=CARD,
        notices=[Say("never_trained")] * swap + typed.unknown((*r.source, *r.target), "unknown_to_translator"),
    )  # fmt: skip


def token_lines(
    sentence: Annotated[Line, When(model="bert")] = LINE,
    chinese: Annotated[Chinese, When(model="translator")] = CHINESE,
    english: Annotated[English, When(model="translator")] = ENGLISH,
    model: Annotated[str, Choice("bert", "translator")] = "bert",
    site: Annotated[Site, When(model="translator")] = "cross",
    bert_layer: Annotated[BertLayer, When(model="bert")] = 3,
    bert_head: Annotated[BertHead, When(model="bert")] = 1,
    layer: Annotated[Layer, When(model="translator")] = 2,
    head: Annotated[Head, When(model="translator")] = 2,
    every: Annotated[bool, Toggle()] = False,
    threshold: Annotated[float, Slider(0.0, 0.9, step=0.05)] = 0.1,
) -> Evidence:
    """Lines from the tokens that look to those looked at: one head, or all of a layer."""
    if model == "bert":
        t, layer, head = typed.trace(sentence, 64), bert_layer, bert_head
        left = right = tuple(t.tokens)
        weights, q, k = t.attentions[layer], t.queries[layer].double(), t.keys[layer].double()  # (H, T, T), (H, T, d_k)
        again = F.scaled_dot_product_attention(q, k, torch.eye(len(left), dtype=q.dtype).expand(len(q), -1, -1))
        notices = typed.unknown(left)
    else:
        r = _reading(chinese, english, 64)
        a = site_of.attend(r, site, layer)
        left, right, again = a.q.tokens, a.kv.tokens, a.again
        weights = site_of.trained(r.trace, site)[layer]  # (H, T, S)
        notices = typed.unknown((*r.source, *r.target), "unknown_to_translator")
    shown = weights if every else weights[head : head + 1]  # (H or 1, T, S)
    drawn = shown >= threshold
    measured = [Measured("drawn", drawn.sum()), Measured("share", shown[drawn].sum() / shown.sum())]
    if left == right:
        measured += [
            Measured("to_earlier", shown.tril(-1).sum() / shown.sum()),
            Measured("to_itself", shown.diagonal(dim1=1, dim2=2).sum() / shown.sum()),
            Measured("to_later", shown.triu(1).sum() / shown.sum()),
        ]
    where = "self" if left == right else "cross"
    return Evidence(
        TokenLines(left, right, weights, [f"L{layer}·H{n}" for n in range(len(weights))], None if every else head,
                   threshold, title=Say("all_of" if every else "one_of", layer=layer, head=head),
                   left_title=f"left_{where}", right_title=f"right_{where}"),
        claims=[
            Claim("same_as_torch", measured=_gap(weights, again), expected=0, abs=1e-5),
            Claim("rows_sum_to_one", measured=_gap(weights.sum(-1), 1), expected=0, abs=1e-5),
        ],
        measured=measured,
        origin=Origin.PRETRAINED if model == "bert" else Origin.TRAINED_HERE,
        source=f"{MODEL} L{layer}" if model == "bert" else CARD,
        notices=notices,
    )  # fmt: skip


def pronouns(
    lines: Annotated[str, Texts(6000, most=48)] = bench.LINES,
    among: Annotated[str, Choice(*bench.AMONG)] = "nouns",
    layer: BertLayer = 3,
    head: BertHead = 1,
) -> Evidence:
    """How often each head gives the right noun most; the best of 72 beside rules, chance and lines it never saw."""
    cases = _cases(lines, among)
    n, half = len(cases), (len(cases) + 1) // 2
    found = bench.hits(cases)  # (S, L, H)
    rates = found.double().mean(0)  # (L, H)
    first, top = bench.best(cases[:half]), bench.best(cases)
    chance, one = bench.by_chance(cases)  # (draws,) each
    pairs = bench.pairs(cases)

    def row(name: Say, right: list[bool]) -> list:
        *parts, both = bench.standing(right, pairs)
        return [name, *parts, f"{both} / {len(pairs)}"]

    def of(key: str, where: tuple[int, int]) -> list:
        return row(Say(key, layer=where[0], head=where[1]), found[:, *where].tolist())

    nearest = [c.nearest == c.right for c in cases]
    rules = [row(Say("nearest"), nearest), row(Say("first"), [c.first == c.right for c in cases])]
    luck = [float(best.mean()) for best in (chance, *(bench.by_chance(c)[0] for c in (cases[:half], cases[half:])))]
    picked = [int(c.picks[layer, head]) for c in cases]
    weight = [c.weights[layer, head] for c in cases]  # (W,) each
    details = [
        [str(i + 1), c.words[c.right], c.words[p], "✓" if p == c.right else "✗", float(w[c.right]), float(w[p])]
        for i, (c, p, w) in enumerate(zip(cases, picked, weight, strict=True))
    ]
    grid, share = chance.unique(return_counts=True)
    t = typed.traced(cases[0].marked.text)
    q, k = t.queries[layer, head].double(), t.keys[layer, head].double()  # (T, d_k) each
    again = F.scaled_dot_product_attention(q, k, torch.eye(len(q), dtype=q.dtype))  # (T, T)
    ticks = sum(row[3] == "✓" for row in details)
    claims = [
        Claim("same_as_torch", measured=_gap(t.attentions[layer, head], again), expected=0, abs=1e-5),
        Claim("ticks", measured=rates[layer, head] * n, expected=ticks, abs=1e-9),
        Claim("fair_draws", measured=one.mean(), expected=sum(1 / len(c.words) for c in cases) / n, abs=0.06),
    ]
    if pairs:
        both = [nearest[i] + nearest[j] for i, j in pairs]
        claims.append(Claim("rules_get_half", measured=sum(both) / 2 / len(pairs), expected=0.5))
    return Evidence(
        Heatmap(rates, [f"L{m}" for m in range(6)], [f"H{m}" for m in range(12)],
                Say("rates", lines=n, layer=top[0], head=top[1]), x="head", y="layer", scale="weight",
                pick=("layer", "head"), selected=(layer, head), hover="rate_of"),
        Table(["who", "all_lines", "first_half", "second_half", "both_of_pair"],
              [of("chosen_head", (layer, head)), of("best_of_all", top), of("best_of_first", first), *rules,
               [Say("luck"), *luck, ""]], Say("compared", n=half, rest=n - half)),
        Lines([Series("share_of_draws", grid, share / len(chance), points=True)], x="rate", y="share_of_draws",
              title="luck_title", here=float(rates[top])),
        Table(["line", "right_noun", "picked", "hit", "weight_right", "weight_picked"], details,
              Say("line_by_line", layer=layer, head=head)),
        claims=claims,
        measured=[
            Measured("best", rates[top]),
            Measured("luck_share", (chance >= rates[top].float() - 1e-6).double().mean()),
            Measured("some_noun", sum(p in c.nouns for c, p in zip(cases, picked, strict=True)) / n),
            Measured("right_noun", rates[layer, head]),
            Measured("pairs", len(pairs)),
            Measured("most_pairs", torch.stack([found[i] & found[j] for i, j in pairs]).sum(0).max() if pairs else 0),
        ],
        origin=Origin.PRETRAINED,
        source=MODEL,
    )  # fmt: skip


def symmetry(
    sentence: Line = LINE,
    layer: BertLayer = 3,
    head: BertHead = 1,
    cell: Annotated[tuple[int, int], Cell(24)] = (10, 2),
) -> Evidence:
    """A real head with its own W_Q and W_K, and the same head with W_K, b_K replaced by W_Q, b_Q."""
    t = typed.trace(sentence, 24)
    h = heads.of_bert(t, layer, head)
    q, k, v = h.again  # (T, d_k) each, float64
    real, tied = attention.steps(q, k, v), attention.steps(q, q, v)
    (i, j), T = Cell.inside(cell, (len(q), len(q))), len(q)
    square = dict(x="keys", y="queries", pick="cell", selected=(i, j))
    row_sum = torch.exp(tied.scaled - tied.scaled.max()).sum(-1, keepdim=True)  # (T, 1)
    undone = tied.weights * row_sum  # (T, T): the softmax without its division
    own = tied.scaled.diagonal()  # (T,)
    excess = (tied.scaled - (own[:, None] + own) / 2)[~torch.eye(T, dtype=torch.bool)].max()
    every = t.queries.double() @ t.keys.double().mT  # (L, H, T, T)
    skew = (every - every.mT).flatten(2).norm(dim=-1) / every.flatten(2).norm(dim=-1)  # (L, H)

    def direction(a: int, b: int) -> list:
        values = (real.scaled[a, b], real.weights[a, b], tied.scaled[a, b], tied.weights[a, b])
        return [f"{t.tokens[a]} → {t.tokens[b]}", *map(float, values)]

    def scores(x: Tensor, name: str) -> Heatmap:
        return Heatmap(x, t.tokens, t.tokens, name, group="scores", hover="score_of", **square)

    def weights(x: Tensor, name: str) -> Heatmap:
        return Heatmap(x, t.tokens, t.tokens, name, scale="weight", hover="weight_of", **square)

    return Evidence(
        scores(real.scaled, "real_scores"), scores(tied.scaled, "tied_scores"),
        Table(["direction", "real_score", "real_weight", "tied_score", "tied_weight"],
              [direction(i, j), direction(j, i)], "both_ways"),
        weights(real.weights, "real_weights"), weights(tied.weights, "tied_weights"),
        Heatmap(skew, [f"L{m}" for m in range(6)], [f"H{m}" for m in range(12)], "skew_title", x="head", y="layer",
                scale="amount", pick=("layer", "head"), selected=(layer, head), hover="skew_of"),
        claims=[
            Claim("same_as_model", measured=_gap(real.weights, t.attentions[layer, head]), expected=0, abs=1e-5),
            Claim("tied_symmetric", measured=_gap(tied.scores, tied.scores.T), expected=0, abs=1e-9),
            Claim("row_sums", measured=_gap(undone, undone.T), expected=0, abs=1e-12),
            Claim("own_score_wins", measured=excess, expected=0, abs=1e-9, op="≤"),
        ],
        measured=[
            Measured("real_skew", _skew(real.scores)), Measured("tied_weight_skew", _skew(tied.weights)),
            Measured("real_self", real.weights.diagonal().mean()),
            Measured("tied_self", tied.weights.diagonal().mean()), Measured("uniform", 1 / T),
        ],
        origin=Origin.PRETRAINED,
        source=f"{MODEL} L{layer}·H{head}",
        notices=typed.unknown(t.tokens),
    )  # fmt: skip


def shared_matrix(n_head: Annotated[str, Choice("1", "2", "4", "8")] = "8", seed: Seed = 0) -> Evidence:
    """The class that circulates under the name SelfAttention, beside the paper's projections; d_model = 64."""
    both = shared_projection.both(H := int(n_head), seed)
    theirs, paper, x = both.circulating, both.paper, both.x  # x (T, C)
    C = x.shape[1]
    full = [shared_projection.as_full(z.weight, H) for z in (theirs.queries, theirs.keys)]  # (C, C) each
    weights = theirs(x)  # (H, T, T)
    again = shared_projection.weights_of(x, *full, H, scale=C**-0.5)  # (H, T, T)
    other = torch.cat([x[:, : C // H], x[:, C // H :].flip(0)], 1)  # (T, C): only head 0's slice is the same
    by_d_model, by_d_k = shared_projection.spread(H, seed)
    numbers = [str(n + 1) for n in range(C)]

    def matrix(w: Tensor, name: str) -> Heatmap:
        return Heatmap(w, numbers, numbers, name, x="input", y="output", group="w", role="query")

    def count(model: torch.nn.Module) -> int:
        return sum(p.numel() for p in model.parameters())

    return Evidence(
        matrix(full[0], "theirs"), matrix(paper.queries.weight, "paper"),
        claims=[
            Claim("is_block_diagonal", measured=_gap(weights, again), expected=0, abs=1e-9),
            Claim("parameters_theirs", measured=count(theirs), expected=2 * (C // H) ** 2),
            Claim("parameters_paper", measured=count(paper), expected=2 * C**2),
            Claim("blind", measured=_gap(weights[0], theirs(other)[0]), expected=0, abs=1e-12),
            Claim("variance_theirs", measured=by_d_model, expected=1 / H, rel=0.2),
            Claim("variance_paper", measured=by_d_k, expected=1, rel=0.2),
        ],
        measured=[Measured("paper_sees", _gap(paper(x)[0], paper(other)[0]))],
        origin=Origin.TOY,
    )  # fmt: skip


def _gap(a: Tensor, b: Tensor | float) -> float:
    return float((a - b).abs().max())


def _skew(z: Tensor) -> float:
    return float((z - z.T).norm() / z.norm())


@memo
def _translator() -> translator.Translator:
    return translator.load()


@memo
def _read(chinese: str, english: str) -> site_of.Reading:
    return site_of.read(_translator(), chinese, english)


def _reading(chinese: str, english: str, limit: int) -> site_of.Reading:
    try:
        r = _read(chinese, english)
    except site_of.NothingToRead:
        raise Refusal("empty") from None
    except site_of.TooLong as error:
        raise Refusal("too_many_tokens", tokens=error.tokens, limit=limit) from None
    longest = max(len(r.source), len(r.target))
    if longest > limit:
        raise Refusal("too_many_tokens", tokens=longest, limit=limit)
    return r


def _cases(lines: str, among: str) -> list[bench.Case]:
    marked = Texts.lines(lines)
    cases = []
    for number, line in enumerate(marked, 1):
        try:
            cases.append(bench.case(line, among))
        except bench.BadLine as bad:
            told = {"tokens": bad.tokens, "limit": bench.LIMIT} if bad.reason == "long" else {}
            raise Refusal(f"bad_{bad.reason}", line=number, **told) from None
    if len(cases) < 4:
        raise Refusal("few_lines", lines=len(cases), least=4)
    return cases
