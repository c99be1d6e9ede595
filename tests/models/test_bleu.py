"""Parity of models.bleu with sacrebleu, the paper's own examples, and what is refused."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import _get_tokenizer

from models import bleu

TOKENIZERS = ["13a", "intl", "zh", "char", "none"]
# Short segments over few words, so that n-grams match, repeat and get clipped.
WORDS = ["the", "The", "cat", "mat.", "3.14", "1,000", "5-", "a..5", "e.g.,", "it's", "&quot;", "&amp;lt;", "x-\n", "ü"]
WORDS += [
    "<skipped>",
    "你好",
    "，",
    "猫。",
    "“",
    "…",
    "①",
    "𠀀",
    "１２",
    "€",
    "½.",
    "C++",
    "\u3000",
    "\u2028",
    "ß",
    "İ",
]
segment = st.one_of(
    st.lists(st.sampled_from(["a", "b", "c", "."]), max_size=9).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=8).map("".join),
    st.text(max_size=12),
    st.text("ab.,-1 \n“”。我", max_size=16),
)
options = st.fixed_dictionaries(
    {
        "tokenize": st.sampled_from(TOKENIZERS),
        "smooth": st.sampled_from(["none", "floor", "add-k", "exp"]),
        "smooth_value": st.sampled_from([None, 0, 0.01, 0.5, 1, 2.5]),
        "lowercase": st.booleans(),
        "effective_order": st.booleans(),
    }
)


def repeatable(examples):
    return settings(derandomize=True, max_examples=examples, deadline=None, database=None)


def reference(**given):
    theirs = {"smooth": "smooth_method"}
    return sacrebleu.BLEU(**{theirs.get(k, k): v for k, v in given.items()}, force=True)


def same(ours, theirs):
    assert ours.score == pytest.approx(theirs.score, rel=0, abs=1e-9)
    assert ours.precisions == pytest.approx(theirs.precisions, rel=0, abs=1e-9)
    assert ours.bp == pytest.approx(theirs.bp, rel=0, abs=1e-9)
    assert (ours.sys_len, ours.ref_len) == (theirs.sys_len, theirs.ref_len)
    assert ours.counts == theirs.counts and ours.totals == theirs.totals


@st.composite
def corpora(draw):
    """1 to 4 hypotheses and 1 to 3 streams; references are missing (None) where there is another."""
    n, streams = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    hyps = draw(st.lists(segment, min_size=n, max_size=n))
    refs = [[draw(segment | st.sampled_from(hyps)) for _ in hyps] for _ in range(streams)]
    for stream in refs[1:]:
        for i in range(n):
            stream[i] = None if draw(st.integers(0, 5)) == 0 else stream[i]
    return hyps, refs


@repeatable(400)
@given(corpora(), options)
def test_corpus_bleu_is_sacrebleus(corpus, options):
    hyps, refs = corpus
    same(bleu.corpus_bleu(hyps, refs, **options), reference(**options).corpus_score(hyps, refs))


@repeatable(250)
@given(segment, st.lists(segment, min_size=1, max_size=3), options)
def test_sentence_bleu_is_sacrebleus(hyp, refs, options):
    same(bleu.sentence_bleu(hyp, refs, **options), reference(**options).sentence_score(hyp, refs))


@pytest.mark.parametrize("tokenize", TOKENIZERS)
@pytest.mark.parametrize("smooth", ["none", "floor", "add-k", "exp"])
@pytest.mark.parametrize("effective_order", [False, True])
def test_every_combination_on_a_real_looking_corpus(tokenize, smooth, effective_order):
    hyps = ["The cat sat on the mat, 3.5 m away.", "他说：“你好，世界。”", "", "too short", "It's 1,000-2,000 €!"]
    refs = [
        ["A cat sat on the mat 3.5 m away.", "他说“你好世界”。", "not empty", "too short", "It is 1,000 - 2,000 €."]
    ]
    refs += [["the cat is on the mat", None, "", "far too short for a 4-gram", "it's 1000-2000 euros"]]
    for lowercase in (False, True):
        given = {"tokenize": tokenize, "smooth": smooth, "effective_order": effective_order, "lowercase": lowercase}
        same(bleu.corpus_bleu(hyps, refs, **given), reference(**given).corpus_score(hyps, refs))
        for hyp, *others in zip(hyps, *refs, strict=True):
            others = [ref for ref in others if ref is not None]
            same(bleu.sentence_bleu(hyp, others, **given), reference(**given).sentence_score(hyp, others))


def test_defaults_are_sacrebleus():
    hyps, refs = ["the cat sat", "on the mat"], [["the cat sat down", "on a mat"]]
    same(bleu.corpus_bleu(hyps, refs), sacrebleu.corpus_bleu(hyps, refs))
    same(bleu.sentence_bleu(hyps[1], [refs[0][1]]), sacrebleu.sentence_bleu(hyps[1], [refs[0][1]]))


def interesting():
    """The code points of the planes in use; of long blocks of one kind (ideographs, Hangul, private use) one in 32."""
    long = [range(0x3500, 0x4D00), range(0x4F00, 0x9F00), range(0xAC00, 0xD7A0), range(0xD800, 0xF8F0)]
    points = [*range(0x10000), *range(0x10000, 0x1C000, 8), *range(0x1D000, 0x20020), *range(0x2A6C0, 0x2FA30, 32)]
    return [p for p in points if p % 32 == 0 or not any(p in block for block in long)]


@pytest.mark.parametrize("tokenize", TOKENIZERS)
def test_tokenizers_agree_on_every_character(tokenize):
    """At the start, between letters, between digits, doubled, at the end."""
    theirs, points = _get_tokenizer(tokenize)(), interesting()
    for start in range(0, len(points), 64):
        text = " ".join("{0} a{0}b 1{0}2 a{0}{0}2 1{0}b {0}".format(chr(p)) for p in points[start : start + 64])
        assert list(bleu.split(text, tokenize)) == theirs(text.rstrip()).split(), hex(points[start])


@repeatable(250)
@given(st.sampled_from(TOKENIZERS), st.text(".,-'&;12ab \n\t“’。猫½²€+", max_size=14))
def test_tokenizers_agree_on_punctuation(tokenize, text):
    assert list(bleu.split(text, tokenize)) == _get_tokenizer(tokenize)()(text.rstrip()).split()


@pytest.mark.parametrize(
    ("tokenize", "text", "tokens"),
    [
        ("13a", "The cat, 3.14 and 1,000.", "The cat , 3.14 and 1,000 ."),
        ("13a", "it's well-known: 5-6 (or C++)", "it's well-known : 5 - 6 ( or C + + )"),
        ("13a", "&quot;Tom &amp; Jerry&quot; &lt;b&gt; <skipped>", '" Tom & Jerry " < b >'),
        ("13a", "a..5", "a . .5"),  # a match uses up both characters
        ("13a", "Er sagte „ja“ – 5 €", "Er sagte „ja“ – 5 €"),  # knows ASCII only
        ("13a", "你好，世界。", "你好，世界。"),  # one token: why Chinese needs zh
        ("intl", "Er sagte „ja“ – 5 €", "Er sagte „ ja “ – 5 €"),
        ("intl", "It's 1999.", "It ' s 1999."),  # the full stop stays: nothing follows it
        ("zh", "你好，world! 3.5米", "你 好 ， world ! 3.5 米"),
        ("zh", "他说“好”…", "他 说 “ 好 ” …"),  # by sacrebleu's slip: “ is no ideograph
        ("zh", " .5", ".5"),  # leading whitespace does not matter
        ("zh", "x𠀀y", "x𠀀y"),  # by the same slip: this one is
        ("char", "你 ok", "你 o k"),
        ("none", " a, b.  c ", "a, b. c"),
    ],
)
def test_known_tokens(tokenize, text, tokens):
    assert bleu.split(text, tokenize) == tuple(tokens.split())
    assert _get_tokenizer(tokenize)()(text.rstrip()).split() == tokens.split()


# ---- Papineni et al. 2002


def test_the_seven_times_scores_two_sevenths():
    """§2.1: "the" may count twice, because the first reference has it twice."""
    refs = ["The cat is on the mat.", "There is a cat on the mat."]
    found = bleu.sentence_bleu("the the the the the the the", refs, lowercase=True)
    assert (found.counts[0], found.totals[0]) == (2, 7)
    assert found.precisions[0] == pytest.approx(200 / 7)
    assert found.spans[0] == bleu.Span(1, matched=(0, 1), clipped=(2, 3, 4, 5, 6))
    assert found.spans[1] == bleu.Span(2, matched=(), clipped=())


REFS = [
    "It is a guide to action that ensures that the military will forever heed Party commands",
    "It is the guiding principle which guarantees the military forces always being under the command of the Party",
    "It is the practical guide for the army always to heed the directions of the party",
]


def test_example_1_of_the_paper():
    """§2.1: the modified precisions of candidates 1 and 2."""
    hyp = "It is a guide to action which ensures that the military always obeys the commands of the party"
    found = bleu.sentence_bleu(hyp, REFS, lowercase=True)
    assert (found.counts[:2], found.totals[:2]) == ([17, 10], [18, 17])
    hyp = "It is to insure the troops forever hearing the activity guidebook that party direct"
    found = bleu.sentence_bleu(hyp, REFS, lowercase=True)
    assert (found.counts[:2], found.totals[:2]) == ([8, 1], [14, 13])


@pytest.mark.parametrize(("hyp_len", "lengths", "chosen"), [(10, [12, 9], 9), (10, [8, 12], 8), (10, [12, 8], 8)])
def test_closest_reference_length_and_the_shorter_of_two(hyp_len, lengths, chosen):
    assert bleu.closest_length(hyp_len, [("w",) * n for n in lengths]) == chosen
    hyp, refs = " ".join(["w"] * hyp_len), [" ".join(["w"] * n) for n in lengths]
    assert bleu.sentence_bleu(hyp, refs).ref_len == chosen == sacrebleu.sentence_bleu(hyp, refs).ref_len


def test_brevity_penalty():
    assert bleu.brevity_penalty(10, 10) == bleu.brevity_penalty(12, 10) == bleu.brevity_penalty(0, 0) == 1
    assert bleu.brevity_penalty(5, 10) == pytest.approx(0.36787944117144233)  # exp(-1)
    assert bleu.brevity_penalty(0, 10) == 0


def test_the_corpus_is_not_the_mean_of_its_sentences():
    hyps, refs = ["a b c d e f", "x y"], ["a b c d e f", "x y z w v u t s"]
    mean = sum(bleu.sentence_bleu(h, [r], "none").score for h, r in zip(hyps, refs, strict=True)) / 2
    assert abs(bleu.corpus_bleu(hyps, [refs], "none").score - mean) > 5


# ---- what is peculiar about smoothing and short sentences


def test_a_short_perfect_sentence():
    """sacrebleu issue 278: without an effective order, two identical words score 0; add-k gives p_3 = p_4 = k/k."""
    perfect = {"hyp": "hello there", "refs": ["hello there"]}
    assert bleu.sentence_bleu(**perfect).score == pytest.approx(100)
    assert bleu.sentence_bleu(**perfect, effective_order=False).score == 0
    assert bleu.sentence_bleu(**perfect, effective_order=False, smooth="add-k").precisions == [100] * 4


def test_smoothing_without_any_match_stays_zero():
    for smooth in bleu.SMOOTH:
        found = bleu.sentence_bleu("a b c d e", ["v w x y z"], smooth=smooth)
        assert (found.score, found.precisions, found.totals) == (0, [0] * 4, [5, 4, 3, 2])


def test_precisions_by_hand():
    """Five words, four of them right, one bigram right, no longer match."""
    given = {"hyp": "a b x c d", "refs": ["a b c y d"]}  # counts 4/5, 1/4, 0/3, 0/2
    assert bleu.sentence_bleu(**given, smooth="none").precisions == pytest.approx([80, 25, 0, 0])
    assert bleu.sentence_bleu(**given, smooth="exp").precisions == pytest.approx([80, 25, 100 / 6, 12.5])
    assert bleu.sentence_bleu(**given, smooth="floor").precisions == pytest.approx([80, 25, 10 / 3, 5])
    found = bleu.sentence_bleu(**given, smooth="add-k")
    assert found.precisions == pytest.approx([80, 40, 25, 100 / 3])
    assert (found.counts, found.totals) == ([4, 2, 1, 1], [5, 5, 4, 3])


# ---- spans and invariants


@repeatable(200)
@given(segment, st.lists(segment, min_size=1, max_size=3), st.sampled_from(TOKENIZERS))
def test_spans_say_what_counts(hyp, refs, tokenize):
    found = bleu.sentence_bleu(hyp, refs, tokenize)
    assert found.tokens == bleu.split(hyp, tokenize) and len(found.tokens) == found.sys_len
    known = [bleu.split(ref, tokenize) for ref in refs]
    for n, span in enumerate(found.spans, start=1):
        assert span.n == n and len(span.matched) == found.counts[n - 1]
        assert not set(span.matched) & set(span.clipped)
        for start in range(max(len(found.tokens) - n + 1, 0)):
            gram = found.tokens[start : start + n]
            occurs = any(ref[i : i + n] == gram for ref in known for i in range(len(ref) - n + 1))
            assert occurs == (start in span.matched or start in span.clipped)


@repeatable(100)
@given(segment, st.lists(segment, min_size=1, max_size=3), options)
def test_bounds_and_order_of_references(hyp, refs, options):
    found = bleu.sentence_bleu(hyp, refs, **options)
    assert 0 <= found.bp <= 1
    if options["smooth"] in ("none", "exp"):
        assert 0 <= found.score <= 100 + 1e-9
    assert bleu.sentence_bleu(hyp, refs[::-1], **options) == found


def test_a_text_against_itself_is_perfect():
    text = "The cat sat on the mat, didn't it?"
    assert all(bleu.sentence_bleu(text, [text], t).score == pytest.approx(100) for t in TOKENIZERS)


# ---- what is refused


@pytest.mark.parametrize(
    ("error", "told", "call"),
    [
        (ValueError, "tokenize must be one of 13a", lambda: bleu.corpus_bleu(["a"], [["a"]], tokenize="14a")),
        (ValueError, "smooth must be one of none", lambda: bleu.corpus_bleu(["a"], [["a"]], smooth="method4")),
        (ValueError, "smooth_value", lambda: bleu.corpus_bleu(["a"], [["a"]], smooth="floor", smooth_value=-0.1)),
        (
            ValueError,
            "smooth_value",
            lambda: bleu.corpus_bleu(["a"], [["a"]], smooth="add-k", smooth_value=float("nan")),
        ),
        (ValueError, "no segments", lambda: bleu.corpus_bleu([], [[]])),
        (ValueError, "at least one reference", lambda: bleu.corpus_bleu(["a"], [])),
        (ValueError, "at least one reference", lambda: bleu.corpus_bleu(["a", "b"], [["a", None]])),
        (ValueError, "at least one reference", lambda: bleu.sentence_bleu("a", [])),
        (ValueError, "needs 2 segments", lambda: bleu.corpus_bleu(["a", "b"], [["a"]])),
        (TypeError, "list", lambda: bleu.corpus_bleu("a b", [["a b"]])),
        (TypeError, "list", lambda: bleu.corpus_bleu(["a"], ["a"])),
        (TypeError, "list", lambda: bleu.sentence_bleu("a", "a")),
    ],
)
def test_refused(error, told, call):
    with pytest.raises(error, match=told):
        call()


def test_results_are_frozen():
    with pytest.raises(FrozenInstanceError):
        bleu.sentence_bleu("a", ["a"]).score = 100.0


def test_sacrebleu_is_not_needed():
    source = Path(bleu.__file__).read_text(encoding="utf-8")
    assert "import sacrebleu" not in source and "from sacrebleu" not in source
