"""BLEU of a corpus and of one sentence.   Papineni et al. 2002, §2; tokenizers and smoothing as in sacrebleu.

    BLEU = BP * exp(sum over n = 1..4 of (1/4) log p_n)                                                     (§2.3)
    p_n  = clipped n-gram matches / n-grams of the hypothesis, both summed over the whole corpus first      (§2.1.1)
    BP   = 1, or exp(1 - r/c) where the hypotheses are shorter than the references, c < r                   (§2.3)

Scores and precisions are in percent. A corpus's BLEU is not the mean of its sentences' BLEU: counts are summed before
anything is divided, and the brevity penalty sees total lengths only. A score means nothing without its tokenizer and
smoothing, so every function here takes both (Post 2018, "A Call for Clarity in Reporting BLEU Scores").
"""

import math
import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import regex  # knows Unicode's categories, \p{P}; the standard re does not

N = 4  # the longest n-gram, §2.3
SMOOTH = {"none": None, "floor": 0.1, "add-k": 1, "exp": None}  # the smooth_value used unless one is given

Tokens = tuple[str, ...]


@dataclass(frozen=True)
class Bleu:
    """A score and what it is made of. Lists have one entry per n = 1..4; lengths are in tokens."""

    score: float  # 0..100; rounding errors may put a perfect score 1e-13 beside 100
    precisions: list[float]  # p_n in percent, smoothed; all 0 where nothing matches at all
    bp: float  # brevity penalty, 0..1
    sys_len: int  # c: length of the hypotheses
    ref_len: int  # r: length of the references, of each segment's the one closest to the hypothesis
    counts: list[float]  # clipped matches, to which add-k adds k for n > 1
    totals: list[float]  # n-grams in the hypotheses; the same


@dataclass(frozen=True)
class Span:
    """Which n-grams of a sentence count. A start i stands for tokens[i : i + n]; other starts match nothing."""

    n: int
    matched: tuple[int, ...]  # starts that count: as many as the clipped matches
    clipped: tuple[int, ...]  # starts of further copies of an n-gram, more than any one reference has


@dataclass(frozen=True)
class SentenceBleu(Bleu):
    """The same for one sentence, with what a page highlights."""

    tokens: Tokens  # of the hypothesis
    spans: tuple[Span, ...]  # one per n = 1..4


def corpus_bleu(
    hyps: Sequence[str],
    refs: Sequence[Sequence[str | None]],
    tokenize: str = "13a",
    smooth: str = "exp",
    smooth_value: float | None = None,
    lowercase: bool = False,
    effective_order: bool = False,
) -> Bleu:
    """BLEU of many segments: Papineni et al. 2002, §2.3. Equal to sacrebleu.corpus_bleu.

    hyps: a list of segments. refs: a list of reference STREAMS, each as long as hyps: refs[k][i] is the k-th reference
    of hyps[i], or None where there is no k-th one. tokenize: a key of TOKENIZERS; smooth, smooth_value and
    effective_order: see from_counts. Raises ValueError where there is no segment, a segment has no reference, a stream
    has another length (sacrebleu cuts to the shortest without a word), or a name is unknown; TypeError for one string
    where a list of them belongs.
    """
    if isinstance(hyps, str) or isinstance(refs, str) or any(isinstance(stream, str) for stream in refs):
        raise TypeError("hyps must be a list of strings, refs a list of lists of strings: [[reference, ...], ...]")
    if not hyps:
        raise ValueError("BLEU of no segments is not defined")
    if any(len(stream) != len(hyps) for stream in refs):
        raise ValueError(f"every reference stream needs {len(hyps)} segments, got {[len(s) for s in refs]}")
    counts, totals, sys_len, ref_len = [0] * N, [0] * N, 0, 0
    for i, hyp in enumerate(hyps):
        tokens = split(hyp, tokenize, lowercase)
        references = [split(s[i], tokenize, lowercase) for s in refs if s[i] is not None]
        sys_len += len(tokens)
        ref_len += closest_length(len(tokens), references)
        for n in range(1, N + 1):
            counts[n - 1] += clipped_matches(tokens, references, n)
            totals[n - 1] += max(len(tokens) - n + 1, 0)
    return from_counts(counts, totals, sys_len, ref_len, smooth, smooth_value, effective_order)


def sentence_bleu(
    hyp: str,
    refs: Sequence[str],
    tokenize: str = "13a",
    smooth: str = "exp",
    smooth_value: float | None = None,
    lowercase: bool = False,
    effective_order: bool = True,
) -> SentenceBleu:
    """corpus_bleu of one segment, with its tokens and spans; refs is the plain list of its references.

    effective_order is on, as sacrebleu recommends, because a short sentence has no 4-grams and would score 0. Raises
    what corpus_bleu raises.
    """
    if isinstance(refs, str):
        raise TypeError("refs must be a list of strings: [reference, ...]")
    streams = [[ref] for ref in refs]
    bleu = corpus_bleu([hyp], streams, tokenize, smooth, smooth_value, lowercase, effective_order)
    tokens = split(hyp, tokenize, lowercase)
    references = [split(ref, tokenize, lowercase) for ref in refs if ref is not None]
    return SentenceBleu(**vars(bleu), tokens=tokens, spans=tuple(span(tokens, references, n + 1) for n in range(N)))


def ngrams(tokens: Tokens, n: int) -> Counter[Tokens]:
    """How often each run of n tokens occurs; they overlap."""
    return Counter(zip(*(tokens[i:] for i in range(n)), strict=False))


def allowed(references: Sequence[Tokens], n: int) -> Counter[Tokens]:
    """Max_Ref_Count of §2.1: how often an n-gram may count, the most that any ONE reference has of it."""
    return reduce(or_, (ngrams(reference, n) for reference in references))


def clipped_matches(tokens: Tokens, references: Sequence[Tokens], n: int) -> int:
    """The numerator of p_n for one hypothesis: Count_clip of §2.1."""
    have = ngrams(tokens, n)  # n = 2: Counter(zip(tokens, tokens[1:]))
    most = allowed(references, n)  # ngrams(one, n) | ngrams(another, n) | ...
    return (have & most).total()  # of both counts the smaller: clipped


def span(tokens: Tokens, references: Sequence[Tokens], n: int) -> Span:
    """Where the clipped matches are. BLEU does not say which copies count: here the first ones do."""
    limit, seen = allowed(references, n), Counter()
    matched, clipped = [], []
    for start, gram in enumerate(zip(*(tokens[i:] for i in range(n)), strict=False)):
        if gram in limit:
            (matched if seen[gram] < limit[gram] else clipped).append(start)
            seen[gram] += 1
    return Span(n, tuple(matched), tuple(clipped))


def closest_length(length: int, references: Sequence[Tokens]) -> int:
    """The "best match length" of §2.2.2; of two that are equally close, the shorter. ValueError without references."""
    if not references:
        raise ValueError("every segment needs at least one reference")
    return min((abs(length - len(r)), len(r)) for r in references)[1]


def brevity_penalty(c: float, r: float) -> float:
    """BP of §2.3; c and r: total lengths of hypotheses and references."""
    if c >= r:
        return 1.0
    return math.exp(1 - r / c) if c else 0.0  # 0: its limit for an empty output


def from_counts(
    counts: Sequence[float],
    totals: Sequence[float],
    sys_len: int,
    ref_len: int,
    smooth: str = "exp",
    smooth_value: float | None = None,
    effective_order: bool = False,
) -> Bleu:
    """Precisions, brevity penalty and score from summed counts, n = 1..4: §2.3.

    One p_n = 0 makes the product 0, so smoothing replaces it (Chen & Cherry 2014, methods 1 to 3):
        none    leaves it 0
        floor   (smooth_value = 0.1) / total instead of 0 / total
        add-k   (count + k) / (total + k) for every n > 1, k = smooth_value = 1; an n with no n-grams then gets k/k = 1!
        exp     1/2 of a match in the first order that has none, 1/4 in the second, ...
    smooth_value is ignored by none and exp. Where not even one word matches, the score stays 0 under all of them.
    effective_order averages over the orders that have an n-gram at all, instead of over all 4.
    Raises ValueError for an unknown smooth and for a smooth_value that is negative or not finite.
    """
    default = _known(smooth, SMOOTH, "smooth")
    k = default if smooth_value is None else smooth_value
    if default is not None and not 0 <= k < math.inf:
        raise ValueError(f"smooth_value must be 0 or more and finite, not {k}")
    counts, totals, precisions, bp = list(counts), list(totals), [0.0] * N, brevity_penalty(sys_len, ref_len)
    if not any(counts):
        return Bleu(0.0, precisions, bp, sys_len, ref_len, counts, totals)
    orders, half = N, 1.0
    for n in range(N):  # n counts from 0 here
        if smooth == "add-k" and n > 0:
            counts[n] += k
            totals[n] += k
        if totals[n] == 0:
            break
        if effective_order:
            orders = n + 1
        matches = counts[n]
        if matches == 0 and smooth == "floor":
            matches = k
        elif matches == 0 and smooth == "exp":
            half /= 2
            matches = half
        precisions[n] = 100 * matches / totals[n]
    used = precisions[:orders]
    score = bp * math.exp(sum(map(math.log, used)) / orders) if all(used) else 0.0
    return Bleu(score, precisions, bp, sys_len, ref_len, counts, totals)


# ---- tokenizers: text -> tokens. BLEU compares tokens, so what counts as one decides the score.


def split(text: str, tokenize: str = "13a", lowercase: bool = False) -> Tokens:
    """The tokens of a segment; tokenize is a key of TOKENIZERS, else ValueError. Trailing whitespace never matters."""
    rules = _known(tokenize, TOKENIZERS, "tokenize")
    return tuple(rules((text.lower() if lowercase else text).rstrip()).split())


def _13a(text: str) -> str:
    """NIST's mteval-v13a.pl, what WMT reports: undo its SGML escapes, then the western rules.

    The escapes are undone one after the other, so that &amp;lt; becomes &lt; and then <.
    """
    text = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for escape, char in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(escape, char)
    return _western(f" {text} ")  # so that a full stop at the very end has a non-digit after it


_ALWAYS_SPLIT = {ord(c): f" {c} " for c in string.punctuation if c not in "'.,-"}
_AFTER_NON_DIGIT = re.compile("([^0-9])([.,])")
_BEFORE_NON_DIGIT = re.compile("([.,])([^0-9])")
_DASH_AFTER_DIGIT = re.compile("(?<=[0-9])-")


def _western(text: str) -> str:
    """mteval-v13a's "language-dependent part (assuming Western languages)". Only ASCII punctuation is known to it.

    An apostrophe stays in its word, a dash too except after a digit; a full stop or comma stays only between digits,
    as in 3.14. Matches use up both characters, so the second stop of "a..5" is not split off: the rule as it stands.
    """
    text = text.translate(_ALWAYS_SPLIT)
    text = _AFTER_NON_DIGIT.sub(r"\1 \2 ", text)
    text = _BEFORE_NON_DIGIT.sub(r" \1 \2", text)
    return _DASH_AFTER_DIGIT.sub(" - ", text)


_PUNCTUATION_AFTER = regex.compile(r"(\P{N})(\p{P})")
_PUNCTUATION_BEFORE = regex.compile(r"(\p{P})(\P{N})")
_SYMBOL = regex.compile(r"(\p{S})")


def _intl(text: str) -> str:
    """mteval-v14.pl --international-tokenization: any Unicode punctuation unless between digits, any symbol.

    A full stop that ends the text after a digit stays ("in 1999."): nothing follows it, and unlike 13a, no space is put
    there. Which characters are punctuation (P), symbols (S) and numbers (N) depends on regex's version of Unicode.
    """
    text = _PUNCTUATION_AFTER.sub(r"\1 \2 ", text)
    text = _PUNCTUATION_BEFORE.sub(r" \1 \2", text)
    return _SYMBOL.sub(r" \1 ", text)


_CHINESE = re.compile(
    "(["
    "\u2001-\u2a6d"  # meant: U+20000-2A6D6 (extension B). But "\u20000" is U+2000 and a zero: “ ” … — → ① instead
    "\u2e80-\u2fdf\u2ff0-\u303f"  # radicals, description characters, 、。《》
    "\u3100-\u312f\u31a0-\u31ef\u3200-\u33ff"  # bopomofo, strokes, enclosed and squared characters
    "\u3400-\u4db5\u4e00-\u9fbb"  # the ideographs
    "\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9"  # compatibility ideographs
    "\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef"  # vertical forms, full-width ，！Ａ
    "])"
)


def _zh(text: str) -> str:
    """sacrebleu's zh (Huang Shujian's rule): every Chinese character is a token, the western rules do the rest.

    Its table of ranges is kept with its slip, so that scores are comparable: see _CHINESE. Rare ideographs beyond
    U+FFFF therefore stay glued to their neighbours.
    """
    return _western(_CHINESE.sub(r" \1 ", text.strip()))


TOKENIZERS: dict[str, Callable[[str], str]] = {
    "13a": _13a,
    "intl": _intl,
    "zh": _zh,
    "char": " ".join,  # every character but whitespace
    "none": str,  # split at whitespace: for text that is already tokenized
}


def _known(name: str, table: dict, what: str):
    if name not in table:
        raise ValueError(f"{what} must be one of {', '.join(table)}, not {name!r}")
    return table[name]
