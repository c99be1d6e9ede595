"""BLEU of one sentence taken apart.   Papineni et al. 2002, §2.1-2.3."""

from collections.abc import Sequence
from math import prod
from typing import Annotated

from models import bleu
from pages.t9_bleu import by_sacrebleu
from pages.t9_bleu.inputs import N, Smooth, Tokenize
from pages.t9_bleu.marked_tokens import marked
from pages.t9_bleu.scores import SUBSCRIPTS, if_any, p_n
from study.controls import Refusal, Text, Texts, Toggle
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Chain, Key, Say, Span, Table, Tokens

#: The first two are Papineni et al.'s own (§2.1, in small letters, and §2.2).
PRESETS = {
    "the_the": {
        "candidate": "the the the the the the the",
        "references": "the cat is on the mat .\nthere is a cat on the mat .",
        "n": 1,
    },
    "too_short": {
        "candidate": "of the",
        "references": """It is a guide to action that ensures that the military will forever heed Party commands.
It is the guiding principle which guarantees the military forces always being under the command of the Party.
It is the practical guide for the army always to heed the directions of the party.""",
        "step": "product",
    },
    "negation": {
        "candidate": "The doctor said the patient should take the medicine.",
        "references": "The doctor said the patient should not take the medicine.",
    },
    "word_order": {
        "candidate": "the dog bit the man",
        "references": "the man bit the dog",
        "n": 3,
        "step": "product",
    },
    "chinese": {"candidate": "我爱北京天安门", "references": "我爱天安门广场"},
}
REFERENCES = "The small cat sat on the mat near the door.\nA little cat sat by the door."


def anatomy(
    candidate: Annotated[str, Text(300)] = "The little cat sat on the mat by the door.",
    references: Annotated[str, Texts(1000, most=4)] = REFERENCES,
    n: N = 2,
    tokenize: Tokenize = "13a",
    smooth: Smooth = "exp",
    effective: Annotated[bool, Toggle()] = True,
) -> Evidence:
    """Which n-grams count, the precisions, the brevity penalty, and the product."""
    return _taken_apart(candidate, tuple(Texts.lines(references)), n, tokenize, smooth, effective)


@memo
def _taken_apart(hyp: str, refs: tuple[str, ...], n: int, tokenize: str, smooth: str, effective: bool) -> Evidence:
    result = bleu.sentence_bleu(hyp, refs, tokenize, smooth, effective_order=effective)
    raw = bleu.sentence_bleu(hyp, refs, tokenize, "none", effective_order=effective)
    if not result.tokens:
        raise Refusal("no_tokens", tokenize=tokenize)
    references = [bleu.split(ref, tokenize) for ref in refs]
    orders = _orders(result) if effective else bleu.N
    used = result.precisions[:orders]
    average = prod(used) ** (1 / orders)
    # sacrebleu takes references as streams: the first of every sentence, then the second of every sentence, ...
    streams = tuple((ref,) for ref in refs)
    theirs, signature = by_sacrebleu.corpus((hyp,), streams, tokenize, smooth, effective)
    their_raw, _ = by_sacrebleu.corpus((hyp,), streams, tokenize, "none", effective)
    counting = 100 * len(result.spans[n - 1].matched) / max(raw.totals[n - 1], 1)
    candidate = marked(result, references, n, Say("candidate_tokens", length=result.sys_len))
    return Evidence(
        Step("tokens", candidate, *_references(result.tokens, references, n)),
        Step("counts", candidate, _n_grams(result.tokens, references, n)),
        Step("product", _precisions(raw, result), *_product(result, used, average)),
        claims=[
            Claim("same_score", measured=result.score, expected=theirs.score, abs=1e-9),
            same("same_precisions", result.precisions, theirs.precisions, abs=1e-9),
            Claim("same_penalty", measured=result.bp, expected=theirs.bp, abs=1e-9),
            Claim("same_lengths", measured=_length_gap(result, theirs), expected=0),
            Claim("by_hand", measured=result.bp * average, expected=result.score, abs=1e-9),
            Claim("highlighted", measured=counting, expected=their_raw.precisions[n - 1], abs=1e-9),
        ],
        measured=[
            Measured("bleu", result.score),
            *([Measured(f"p_{n}", counting / 100, unit="share")] if raw.totals[n - 1] else []),
            Measured("bp", result.bp),
        ],
        origin=Origin.CALCULATED,
        source=signature,
        notices=_warnings(hyp, result, raw, tokenize, smooth, orders),
    )


def _orders(result: bleu.Bleu) -> int:
    """How many n the candidate has n-grams of: it may be too short for 4."""
    return next((i for i, total in enumerate(result.totals) if total == 0), bleu.N)


def _references(tokens: bleu.Tokens, references: Sequence[bleu.Tokens], n: int) -> list[Tokens]:
    """Each reference's tokens; the one that gives r is named, of two equally close the shorter."""
    lengths = [len(reference) for reference in references]
    closest = min(range(len(lengths)), key=lambda k: (abs(lengths[k] - len(tokens)), lengths[k]))
    grams = bleu.ngrams(tokens, n)
    return [
        _in_reference(reference, grams, n, Say("closest" if k == closest else "other", k=k + 1, length=len(reference)))
        for k, reference in enumerate(references)
    ]


def _in_reference(tokens: bleu.Tokens, grams, n: int, title: Key) -> Tokens:
    """A reference's tokens: the n-grams that the candidate has, too."""
    spans = [Span(i, i + n, "focus") for i in range(len(tokens) - n + 1) if tokens[i : i + n] in grams]
    return Tokens(tokens or ("",), spans, {"focus": "mark_focus"} if spans else {}, title)


def _n_grams(tokens: bleu.Tokens, references: Sequence[bleu.Tokens], n: int) -> Table:
    """The candidate's n-grams, those that lose most by clipping first."""
    limit = bleu.allowed(references, n)
    rows = [(" ".join(g), have, limit[g], min(have, limit[g])) for g, have in bleu.ngrams(tokens, n).items()]
    rows.sort(key=lambda row: (row[3] - row[1], -row[1]))
    shown = rows[:6]
    title = Say("n_grams", n=n, shown=len(shown), all=len(rows))
    return Table(["n_gram", "in_candidate", "most_in_one", "counted"], shown, title)


def _precisions(raw: bleu.Bleu, result: bleu.Bleu) -> Table:
    rows = [
        [
            i + 1,
            raw.counts[i],
            raw.totals[i],
            if_any(raw.precisions[i], raw.totals[i]),
            if_any(result.precisions[i], result.totals[i]),  # add-k has a total where there is no n-gram
        ]
        for i in range(bleu.N)
    ]
    return Table(["n", "matches", "total", "raw", "smoothed"], rows, "precisions")


def _product(result: bleu.Bleu, used: list[float], average: float) -> list[Chain]:
    """BLEU from its two factors: the mean of the precisions, and the penalty."""
    mean = Say("average", orders=len(used))
    precisions = [(p_n(i), value) for i, value in enumerate(used, 1)]
    lengths = [("length_r", result.ref_len), ("length_c", result.sys_len)]
    factors = [("mean", average), ("bp", result.bp)]
    times = ["×"] * (len(used) - 1)
    return [
        Chain([*precisions, (mean, average)], "precisions_to_mean", joins=[*times, "→"]),
        Chain([*lengths, ("bp", result.bp)], "penalty", joins=["÷", "→"]),
        Chain([*factors, ("bleu", result.score)], "product", joins=["×", "="]),
    ]


def _length_gap(ours: bleu.Bleu, theirs) -> int:
    return abs(ours.sys_len - theirs.sys_len) + abs(ours.ref_len - theirs.ref_len)


def _warnings(hyp: str, result: bleu.Bleu, raw: bleu.Bleu, tokenize: str, smooth: str, orders: int) -> list[Say]:
    """What a reader of this score should know."""
    warnings = []
    if tokenize in ("13a", "intl", "none") and any("\u4e00" <= ch <= "\u9fff" for ch in hyp):
        warnings.append(Say("one_run", tokenize=tokenize))
    if not any(raw.counts):
        warnings.append(Say("no_match"))
    elif result.score == 0 and result.bp > 0:
        warnings.append(Say("zero_order", n=SUBSCRIPTS[result.precisions.index(0)]))
    elif orders < bleu.N:
        warnings.append(Say("fewer_orders", orders=orders))
    if smooth == "add-k" and 0 in raw.totals and any(raw.counts):
        warnings.append(Say("add_k", n=raw.totals.index(0) + 1))
    return warnings
