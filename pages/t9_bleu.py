"""T9 · What is BLEU, and what is it for?   Papineni et al. 2002; Vaswani et al. 2017, §6.1, Tables 2 and 3."""

from collections.abc import Sequence
from math import prod
from statistics import mean
from typing import Annotated

from models import bleu, bleu_cases, bleu_corpus, chrf, held_out
from study.controls import Choice, Refusal, Slider, Text, Texts, Toggle, When
from study.demo import Claim, Evidence, Measured, Origin, Say, Span, Tokens, memo
from study.views import Bars, Chain, Histogram, Key, Lines, Series, Table

Tokenize = Annotated[str, Choice("13a", "zh", "char", "none", "intl")]
METHODS = ("exp", "floor", "add-k", "none")
Smooth = Annotated[str, Choice(*METHODS)]
N = Annotated[int, Slider(1, 4)]


def anatomy(
    candidate: Annotated[str, Text(300), When(example="custom")] = "The little cat sat on the mat by the door.",
    reference: Annotated[str, Text(300), When(example="custom")] = "The small cat sat on the mat near the door.",
    reference_2: Annotated[str, Text(300, optional=True), When(example="custom")] = "A little cat sat by the door.",
    reference_3: Annotated[str, Text(300, optional=True), When(example="custom")] = "",
    example: Annotated[str, Choice("custom", *bleu_cases.EXAMPLES)] = "custom",
    n: N = 2,
    tokenize: Tokenize = "13a",
    smooth: Smooth = "exp",
    effective: Annotated[bool, Toggle()] = True,
) -> Evidence:
    """BLEU of one sentence taken apart: which n-grams count, the precisions, the brevity penalty, the product."""
    hyp, *refs = bleu_cases.EXAMPLES.get(example, (candidate, reference, reference_2, reference_3))
    return _taken_apart(hyp, tuple(ref for ref in refs if ref.strip()), n, tokenize, smooth, effective)


@memo
def _taken_apart(hyp: str, refs: tuple[str, ...], n: int, tokenize: str, smooth: str, effective: bool) -> Evidence:
    found = bleu.sentence_bleu(hyp, refs, tokenize, smooth, effective_order=effective)
    plain = bleu.sentence_bleu(hyp, refs, tokenize, "none", effective_order=effective)  # raw counts
    if not found.tokens:
        raise Refusal("no_tokens", tokenize=tokenize)
    streams = tuple((ref,) for ref in refs)
    theirs, signature = _theirs((hyp,), streams, tokenize, smooth, effective)
    raw, _ = _theirs((hyp,), streams, tokenize, "none", effective)
    split = [bleu.split(ref, tokenize) for ref in refs]
    grams, limit, span = bleu.ngrams(found.tokens, n), bleu.allowed(split, n), found.spans[n - 1]
    rows = [(" ".join(g), have, limit[g], min(have, limit[g])) for g, have in grams.items()]
    rows.sort(key=lambda row: (row[3] - row[1], -row[1]))  # those that lose most first
    orders = next((i for i, total in enumerate(found.totals) if total == 0), bleu.N) if effective else bleu.N
    used = found.precisions[:orders]
    average = prod(used) ** (1 / orders)
    closest = min(range(len(split)), key=lambda k: (abs(len(split[k]) - found.sys_len), len(split[k])))
    counted = 100 * len(span.matched) / max(plain.totals[n - 1], 1)
    return Evidence(
        _marked(found, split, n, Say("candidate_tokens", length=found.sys_len)),
        *(
            _in_reference(tokens, grams, n, Say("closest" if k == closest else "other", k=k + 1, length=len(tokens)))
            for k, tokens in enumerate(split)
        ),
        Table(["n_gram", "in_candidate", "most_in_one", "counted"], rows[:12],
              Say("n_grams", n=n, shown=min(len(rows), 12), all=len(rows))),
        Table(["n", "matches", "total", "raw", "smoothed"],
              [[i + 1, plain.counts[i], plain.totals[i], _or_dash(plain.precisions[i], plain.totals[i]),
                _or_dash(found.precisions[i], found.totals[i])] for i in range(bleu.N)], "precisions"),
        Chain([*((Say("p_n", n=i + 1), p) for i, p in enumerate(used)), (Say("average", orders=orders), average),
               ("length_c", found.sys_len), ("length_r", found.ref_len), ("bp", found.bp), ("bleu", found.score)],
              "product"),
        claims=[
            Claim("same_score", measured=found.score, expected=theirs.score, abs=1e-9),
            Claim("same_precisions", measured=_apart(found.precisions, theirs.precisions), expected=0, abs=1e-9),
            Claim("same_penalty", measured=found.bp, expected=theirs.bp, abs=1e-9),
            Claim("same_lengths", measured=abs(found.sys_len - theirs.sys_len) + abs(found.ref_len - theirs.ref_len),
                  expected=0),
            Claim("by_hand", measured=found.bp * average, expected=found.score, abs=1e-9),
            Claim("highlighted", measured=counted, expected=raw.precisions[n - 1], abs=1e-9),
        ],
        origin=Origin.TOY,
        source=signature,
        notices=_warnings(hyp, found, plain, tokenize, smooth, orders),
    )  # fmt: skip


def penalty(
    c: Annotated[int, Slider(1, 40)] = 9,
    r: Annotated[int, Slider(1, 40)] = 12,
    second: Annotated[int, Slider(0, 40)] = 0,
) -> Evidence:
    """The brevity penalty against c/r; with a second reference, the length that is closer to c counts."""
    lengths = [r, second] if second else [r]
    chosen = bleu.closest_length(c, [("w",) * length for length in lengths])
    bp = bleu.brevity_penalty(c, chosen)
    theirs, signature = _theirs(("w " * c,), tuple(("w " * length,) for length in lengths))
    widest = max(2, c / chosen)
    ratios = [widest * i / 200 for i in range(1, 201)]
    curve = [bleu.brevity_penalty(x, 1) for x in ratios]
    views = [
        Lines([Series("bp", ratios, curve), Series("linear", ratios, [min(1, x) for x in ratios], dashed=True)],
              x="ratio", y="bp", title="curve", here=c / chosen, y_range=(0, 1.05)),
        Chain([("length_c", c), ("length_r", chosen), ("r_over_c", chosen / c), ("exponent", min(0, 1 - chosen / c)),
               ("bp", bp)], "steps"),
    ]  # fmt: skip
    if second:
        long = range(1, 41)
        rules = {"closest": [bleu.closest_length(x, [("w",) * k for k in lengths]) for x in long],
                 "shortest": [min(lengths)] * 40, "longest": [max(lengths)] * 40}  # fmt: skip
        series = [
            Series(name, long, [bleu.brevity_penalty(x, k) for x, k in zip(long, rule, strict=True)], dashed=i > 0)
            for i, (name, rule) in enumerate(rules.items())
        ]
        views.append(Lines(series, x="length_c", y="bp", title="rules", here=c, y_range=(0, 1.05)))
    return Evidence(
        *views,
        claims=[
            Claim("same_penalty", measured=bp, expected=theirs.bp, abs=1e-12),
            Claim("same_length", measured=chosen, expected=theirs.ref_len),
            Claim("below_linear", measured=max(y - min(1, x) for x, y in zip(ratios, curve, strict=True)), expected=0,
                  abs=1e-12, op="≤"),
        ],
        measured=[
            Measured("missing", max(0, 100 * (1 - c / chosen)), unit="percent"),
            Measured("lost", 100 * (1 - bp), unit="percent"),
        ],
        origin=Origin.TOY,
        source=signature,
    )  # fmt: skip


def corpus_vs_sentence(
    hyps: Annotated[str, Texts(2000, most=8), When(source="typed")] = bleu_cases.HYPS,
    refs: Annotated[str, Texts(2000, most=8), When(source="typed")] = bleu_cases.REFS,
    source: Annotated[str, Choice("typed", "held_out")] = "typed",
    smooth: Smooth = "exp",
    tokenize: Annotated[Tokenize, When(source="typed")] = "13a",
    pairs: Annotated[int, Slider(20, 500, step=20), When(source="held_out")] = 100,
) -> Evidence:
    """Counts summed over the corpus and then divided, against sentences scored one by one and then averaged."""
    typed = source == "typed"
    if typed:
        ours, wanted = tuple(Texts.lines(hyps)), tuple(Texts.lines(refs))
    else:
        kept = held_out.load().pairs
        ours, wanted = tuple(p.greedy for p in kept), tuple(p.english for p in kept)
    if len(ours) != len(wanted):
        raise Refusal("lines_differ", hyps=len(ours), refs=len(wanted))
    return _compared(ours, wanted, tokenize, smooth, None if typed else min(pairs, len(ours)))


@memo
def _compared(ours: tuple[str, ...], wanted: tuple[str, ...], tokenize: str, smooth: str, first: int | None):
    """Typed sentences, or the `first` so many of the test set's."""
    typed, upto = first is None, first or len(ours)
    parts = bleu_corpus.counted(ours, wanted, tokenize)[:upto]
    scores = {method: bleu_corpus.scored(ours, wanted, tokenize, method)[:upto] for method in METHODS}
    each = scores[smooth]
    corpus, total = bleu_corpus.summed(parts, smooth), bleu_corpus.summed(parts, "none")
    theirs, signature = _theirs(ours[:upto], (wanted[:upto],), tokenize, smooth)
    raw, _ = _theirs(ours[:upto], (wanted[:upto],), tokenize, "none")
    their_each = _their_sentences(ours, wanted, tokenize, smooth)[:upto]
    weighted = [sum(p.precisions[i] * p.totals[i] for p in parts) / max(total.totals[i], 1) for i in range(bleu.N)]
    if typed:
        rows = [_row(i + 1, p, score) for i, (p, score) in enumerate(zip(parts, each, strict=True))]
        columns = ["sentence", *(Say("counts", n=i + 1) for i in range(bleu.N)), "c", "r", "bleu"]
        view = Table(columns, [*rows, _row(Say("sum"), total, corpus.score)], "by_sentence")
    else:
        at, *lines = bleu_corpus.growing(ours, wanted, tokenize, smooth)
        series = [Series(name, at, y) for name, y in zip(("corpus", "mean"), lines, strict=True)]
        view = Lines(series, x="pairs", y="bleu", title="growing", here=upto)
    return Evidence(
        view,
        Chain([("mean", mean(each)), ("corpus", corpus.score), ("gap", corpus.score - mean(each))], "two_numbers"),
        Bars({"mean": [mean(scores[m]) for m in METHODS],
              "corpus": [bleu_corpus.summed(parts, m).score for m in METHODS]},
             METHODS, x="smoothing", y="bleu", title="smoothings"),
        claims=[
            Claim("same_corpus", measured=corpus.score, expected=theirs.score, abs=1e-9),
            Claim("same_mean", measured=mean(each), expected=mean(their_each), abs=1e-9),
            Claim("counts_add_up", measured=_apart([*total.counts, *total.totals], [*raw.counts, *raw.totals]),
                  expected=0),
            Claim("weighted_mean", measured=_apart(weighted, raw.precisions), expected=0, abs=1e-9),
        ],
        origin=Origin.TOY if typed else Origin.TRAINED_HERE,
        source=signature if typed else CARD,
    )  # fmt: skip


def tokenizers(
    candidate: Annotated[str, Text(120), When(example="custom")] = "我们用 PyTorch 训练了一个 Transformer 模型。",
    reference: Annotated[str, Text(120), When(example="custom")] = "我们用 PyTorch 训练了一个 Transformer 的模型。",
    example: Annotated[str, Choice("custom", *bleu_cases.SPLITS)] = "custom",
) -> Evidence:
    """One output, one reference, five tokenizers: five scores."""
    hyp, ref = bleu_cases.SPLITS.get(example, (candidate, reference))
    found = {name: bleu.sentence_bleu(hyp, [ref], name) for name in bleu.TOKENIZERS}
    theirs = {name: _theirs((hyp,), ((ref,),), name, effective=True)[0] for name in found}
    if not all(f.tokens for f in found.values()):
        raise Refusal("no_tokens", tokenize="13a")
    scores = [f.score for f in found.values()]
    differ = sum(tuple(_metric(k).tokenizer(hyp.rstrip()).split()) != f.tokens for k, f in found.items())
    return Evidence(
        Bars(scores, list(found), x="tokenizer", y="bleu", title="scores", y_range=(0, 105)),
        *(
            _marked(f, [bleu.split(ref, name)], 1, Say("split_by", tokenizer=name, length=f.sys_len))
            for name, f in found.items()
        ),
        Table(["tokenizer", *(Say("p_n", n=i + 1) for i in range(bleu.N)), "bp", "bleu"],
              [[name, *map(_or_dash, f.precisions, f.totals), f.bp, f.score] for name, f in found.items()], "parts"),
        claims=[
            Claim("same_tokens", measured=differ, expected=0),
            Claim("same_scores", measured=_apart(scores, [t.score for t in theirs.values()]), expected=0, abs=1e-9),
        ],
        measured=[
            Measured("spread", max(scores) - min(scores)), Measured("chrf", chrf.sentence_chrf(hyp, [ref]).score),
        ],
        origin=Origin.TOY,
        source=_version(),
    )  # fmt: skip


def our_translator(pair: Annotated[int, Slider(1, 500)] = 1, n: N = 1) -> Evidence:
    """The translator on sentences it never saw, with greedy and with beam search; one of them looked at closely."""
    kept, whole = held_out.load(), held_out.results()
    at = min(pair, len(kept.pairs)) - 1
    shown, wanted = kept.pairs[at], tuple(p.english for p in kept.pairs)
    names = {"greedy": Say("greedy"), "beam": Say("beam_of", width=kept.beam)}
    columns, each, close, claims = {}, {}, {}, []
    for name, say in names.items():
        hyps = tuple(getattr(p, name) for p in kept.pairs)
        total = bleu_corpus.summed(bleu_corpus.counted(hyps, wanted, "13a"), "exp")
        each[name] = bleu_corpus.scored(hyps, wanted, "13a", "exp")
        columns[say] = [total.score, *total.precisions, total.bp, _corpus_chrf(hyps, wanted), len(hyps)]
        close[name] = bleu.sentence_bleu(hyps[at], [shown.english])
        theirs, _ = _theirs(hyps, (wanted,))
        claims.append(Claim(f"same_{name}", measured=total.score, expected=theirs.score, abs=1e-9))
    if whole.pairs["test"] > len(wanted):
        columns |= {Say(f"all_{k}"): [s.bleu, *s.precisions, s.bp, "–", s.pairs] for k, s in whole.test.items()}
    numbers = [Say("bleu"), *(Say("p_n", n=i + 1) for i in range(bleu.N)), Say("bp"), Say("chrf"), Say("pairs")]
    gains = [b - g for g, b in zip(each["greedy"], each["beam"], strict=True)]
    texts = [[Say("source"), shown.chinese, "", ""], [Say("reference"), shown.english, "", ""]]
    texts += [[say, getattr(shown, k), *_both(getattr(shown, k), shown.english)] for k, say in names.items()]
    texts.append([Say("attribution"), f"Tatoeba, CC BY 2.0 FR. {shown.attribution}", "", ""])
    return Evidence(
        Table(["score", *columns], list(zip(numbers, *columns.values(), strict=True)), "scores"),
        Histogram(each, x="sentence_bleu", title="spread", bins=20),
        Table(["what", "text", "bleu", "chrf"], texts, Say("one_pair", pair=at + 1, pairs=len(wanted))),
        *(_marked(close[k], [bleu.split(shown.english)], n, say) for k, say in names.items()),
        claims=claims,
        measured=[
            Measured("mean_greedy", mean(each["greedy"])), Measured("mean_beam", mean(each["beam"])),
            Measured("beam_better", 100 * mean(gain > 1e-9 for gain in gains), unit="percent"),
            Measured("beam_worse", 100 * mean(gain < -1e-9 for gain in gains), unit="percent"),
        ],
        origin=Origin.TRAINED_HERE,
        source=CARD,
    )  # fmt: skip


def where_it_fails(case: Annotated[str, Choice(*bleu_cases.CASES)] = "kinship", n: N = 1) -> Evidence:
    """A right translation in other words against a wrong one in the reference's words."""
    source, ref, right, wrong, tokenize = bleu_cases.CASES[case]
    found = {name: bleu.sentence_bleu(hyp, [ref], tokenize) for name, hyp in (("right", right), ("wrong", wrong))}
    theirs = [_theirs((hyp,), ((ref,),), tokenize, effective=True)[0].score for hyp in (right, wrong)]
    scores = {name: (*_both(good, r, t), *_both(bad, r, t)) for name, (_, r, good, bad, t) in bleu_cases.CASES.items()}
    rows = [[Say(name), b_right, b_wrong, c_right, c_wrong]
            for name, (b_right, c_right, b_wrong, c_wrong) in scores.items()]  # fmt: skip
    split = [bleu.split(ref, tokenize)]
    return Evidence(
        Table(["what", "text"], [
            [Say("source"), source], [Say("reference"), ref], [Say("right"), right], [Say("wrong"), wrong],
        ], Say("texts", tokenize=tokenize)),
        Bars({"right": scores[case][:2], "wrong": scores[case][2:]}, ["BLEU", "chrF"], y="score", title="two_scores",
             roles={"right": "right", "wrong": "wrong"}, y_range=(0, 100)),
        _marked(found["right"], split, n, "right"),
        _marked(found["wrong"], split, n, "wrong"),
        Table(["case", "bleu_right", "bleu_wrong", "chrf_right", "chrf_wrong"], rows, "all_cases"),
        claims=[
            Claim("wrong_above_right", measured=found["wrong"].score, expected=found["right"].score, op="≥"),
            Claim("same_scores", measured=_apart([f.score for f in found.values()], theirs), expected=0, abs=1e-9),
        ],
        measured=[
            Measured("bleu_misranks", sum(row[2] >= row[1] for row in rows)),
            Measured("chrf_misranks", sum(row[4] >= row[3] for row in rows)),
            Measured("cases", len(rows)),
        ],
        origin=Origin.TOY,
        source=_version(),
    )  # fmt: skip


def blind_round(
    turn: Annotated[int, Slider(1, len(bleu_cases.TURNS))] = 1,
    best: Annotated[str, Choice(*"ABC")] = "A",
    worst: Annotated[str, Choice(*"ABC")] = "C",
    reveal: Annotated[bool, Toggle()] = False,
) -> Evidence:
    """Rank three translations yourself, then see how BLEU ranks them."""
    source, ref, hyps, ours = bleu_cases.TURNS[turn - 1]
    texts = Table(["what", "text"], [
        [Say("source"), source], [Say("reference"), ref], *zip("ABC", hyps, strict=True),
    ], Say("turn", turn=turn, turns=len(bleu_cases.TURNS)))  # fmt: skip
    twice = [Say("same_twice")] if best == worst else []
    if not reveal:
        return Evidence(texts, origin=Origin.TOY, source=_version(), notices=twice)
    scores = {x: _both(hyp, ref) for x, hyp in zip("ABC", hyps, strict=True)}
    yours = "" if twice else best + next(x for x in "ABC" if x not in (best, worst)) + worst
    theirs = _ranking(bleu_cases.TURNS[turn - 1])
    rows = [[x, yours.index(x) + 1 if yours else "–", ours.index(x) + 1, theirs.index(x) + 1, *scores[x]]
            for x in "ABC"]  # fmt: skip
    reference = [_theirs((hyp,), ((ref,),), effective=True)[0].score for hyp in hyps]
    total = sum(_agree(t[3], _ranking(t)) for t in bleu_cases.TURNS)
    agreements = [("you_and_bleu", yours, theirs), ("you_and_us", yours, ours)] if yours else []
    return Evidence(
        texts,
        Table(["translation", "yours", "ours", "rank", "bleu", "chrf"], rows, "ranks"),
        Bars({"bleu": [scores[x][0] for x in "ABC"], "chrf": [scores[x][1] for x in "ABC"]}, list("ABC"), y="score",
             title="scores", y_range=(0, 100)),
        claims=[Claim("same_scores", measured=_apart([scores[x][0] for x in "ABC"], reference), expected=0, abs=1e-9)],
        measured=[
            *(Measured(name, _agree(a, b)) for name, a, b in agreements),
            Measured("us_and_bleu", _agree(ours, theirs)),
            Measured("all_turns", total),
        ],
        origin=Origin.TOY,
        source=_version(),
        notices=[Say(f"why_{turn}"), *twice],
    )  # fmt: skip


CARD = "models/checkpoints/translator/CARD.md"


@memo
def _theirs(hyps: tuple[str, ...], refs: tuple[tuple[str, ...], ...], tokenize="13a", smooth="exp", effective=False):
    """The same by sacrebleu, and its signature of these settings."""
    metric = _metric(tokenize, smooth, effective)
    return metric.corpus_score(hyps, refs), str(metric.get_signature())


def _metric(tokenize="13a", smooth="exp", effective=True):
    from sacrebleu.metrics.bleu import BLEU  # the independent implementation: nothing else here needs it

    return BLEU(tokenize=tokenize, smooth_method=smooth, effective_order=effective, force=True)


def _version() -> str:
    """sacrebleu's signature of a sentence's BLEU with the usual settings."""
    return _theirs(("a",), (("a",),), effective=True)[1]


@memo
def _their_sentences(hyps: tuple[str, ...], refs: tuple[str, ...], tokenize: str, smooth: str) -> tuple[float, ...]:
    metric = _metric(tokenize, smooth)
    return tuple(metric.sentence_score(hyp, [ref]).score for hyp, ref in zip(hyps, refs, strict=True))


@memo
def _corpus_chrf(hyps: tuple[str, ...], refs: tuple[str, ...]) -> float:
    return chrf.corpus_chrf(hyps, [refs]).score


def _both(hyp: str, ref: str, tokenize: str = "13a") -> tuple[float, float]:
    """BLEU and chrF of one sentence."""
    return bleu.sentence_bleu(hyp, [ref], tokenize).score, chrf.sentence_chrf(hyp, [ref]).score


def _ranking(turn: tuple) -> str:
    """A, B and C by BLEU, best first."""
    return "".join(sorted("ABC", key=lambda x: -_both(turn[2]["ABC".index(x)], turn[1])[0]))


def _agree(a: str, b: str) -> int:
    """How many of the three pairs two rankings put in the same order."""
    return sum((a.index(x) < a.index(y)) == (b.index(x) < b.index(y)) for x, y in ("AB", "AC", "BC"))


def _marked(found: bleu.SentenceBleu, split: Sequence[bleu.Tokens], n: int, title: Key) -> Tokens:
    """The candidate's tokens: n-grams that count, that are clipped, and single words that no reference has."""
    grams, limit, span = bleu.ngrams(found.tokens, n), bleu.allowed(split, n), found.spans[n - 1]
    spans = []
    for mark, starts in (("right", span.matched), ("clip", span.clipped)):
        for start in starts:
            gram = found.tokens[start : start + n]
            hover = Say("hover", gram=" ".join(gram), have=grams[gram], limit=limit[gram])
            spans.append(Span(start, start + n, mark, hover))
    if n == 1:
        known = {*span.matched, *span.clipped}
        spans += [Span(i, i + 1, "wrong", "") for i in range(len(found.tokens)) if i not in known]
    legend = {mark: f"mark_{mark}" for mark in ("right", "clip", "wrong") if any(s.mark == mark for s in spans)}
    return Tokens(found.tokens or ("",), spans, legend, title)


def _in_reference(tokens: bleu.Tokens, grams, n: int, title: Key) -> Tokens:
    """A reference's tokens: the n-grams that the candidate has, too."""
    spans = [Span(i, i + n, "focus") for i in range(len(tokens) - n + 1) if tokens[i : i + n] in grams]
    return Tokens(tokens or ("",), spans, {"focus": "mark_focus"} if spans else {}, title)


def _warnings(hyp, found, plain, tokenize: str, smooth: str, orders: int) -> list[Say]:
    """What a reader of this score should know."""
    said = []
    if tokenize in ("13a", "intl", "none") and any("\u4e00" <= ch <= "\u9fff" for ch in hyp):
        said.append(Say("one_run", tokenize=tokenize))
    if not any(plain.counts):
        said.append(Say("no_match"))
    elif found.score == 0 and found.bp > 0:
        said.append(Say("zero_order", n=next(i + 1 for i, p in enumerate(found.precisions) if p == 0)))
    elif orders < bleu.N:
        said.append(Say("fewer_orders", orders=orders))
    if smooth == "add-k" and 0 in plain.totals and any(plain.counts):
        said.append(Say("add_k", n=plain.totals.index(0) + 1))
    return said


def _row(name, b: bleu.Bleu, score: float) -> list:
    return [name, *(f"{c}/{t}" for c, t in zip(b.counts, b.totals, strict=True)), b.sys_len, b.ref_len, score]


def _apart(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return max(abs(a - b) for a, b in zip(ours, theirs, strict=True))


def _or_dash(precision: float, total: float):
    return precision if total else "–"
