"""models.decoding against brute force, transformers' logits processors and counted frequencies."""

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from models import decoding
from models.transformer import Transformer, TransformerConfig

repeatable = settings(derandomize=True, max_examples=30, deadline=None, database=None)
END = 0
seeds = st.integers(0, 9999)


def toy(V, seed, sharpness=2.0):
    """A model without weights: the logits after a text are drawn from a seed that the text decides."""

    def logits_after(text):
        generator = torch.Generator().manual_seed(hash((seed, *text)) % 2**63)
        return sharpness * torch.randn(V, generator=generator)

    def forward(ids):
        return torch.stack([torch.stack([logits_after(row[: t + 1]) for t in range(len(row))]) for row in ids.tolist()])

    return forward


def start(B=1):
    return torch.arange(1, B + 1)[:, None]  # (B, 1)


def log_prob(forward, prompt, tokens):
    ids = torch.tensor([[*prompt, *tokens]])
    log_probs = forward(ids)[0].double().log_softmax(-1)[len(prompt) - 1 : -1]  # (n, V)
    return log_probs.gather(1, torch.tensor(tokens)[:, None]).sum().item()


@repeatable
@given(V=st.integers(2, 6), B=st.integers(1, 4), limit=st.integers(1, 7), alpha=st.floats(0, 2), seed=seeds)
def test_beam_of_one_is_greedy(V, B, limit, alpha, seed):
    forward = toy(V, seed)
    limits = [limit + b for b in range(B)]
    greedy = decoding.greedy(*decoding.from_forward(forward), start(B), END, limits)
    beams = decoding.beam_search(*decoding.from_forward(forward), start(B), END, limits, beam=1, alpha=alpha)
    for b, (g, [h]) in enumerate(zip(greedy, beams, strict=True)):
        assert g.tokens == h.tokens and g.ended == h.ended
        assert g.log_prob == pytest.approx(h.log_prob) == pytest.approx(log_prob(forward, [b + 1], g.tokens))
        assert g.ended == (g.tokens[-1] == END) and (g.ended or len(g.tokens) == limits[b])
        assert len(g.distributions) == len(g.tokens)
        for p, q, token in zip(g.distributions, h.distributions, g.tokens, strict=True):
            torch.testing.assert_close(p, q)
            assert p.argmax() == token and p.sum().item() == pytest.approx(1)


@repeatable
@given(V=st.integers(2, 4), limit=st.integers(1, 4), alpha=st.floats(0, 2), seed=seeds)
def test_a_beam_wide_enough_finds_what_brute_force_finds(V, limit, alpha, seed):
    forward = toy(V, seed)
    texts = [
        (*body, END) for n in range(limit) for body in itertools.product([t for t in range(V) if t != END], repeat=n)
    ]
    found = [decoding.Decoded(t, log_prob(forward, [1], t), True) for t in texts]
    [best, *_] = sorted(found, key=lambda h: -h.score(alpha))
    [hypotheses] = decoding.beam_search(
        *decoding.from_forward(forward), start(), END, limit, beam=V**limit, alpha=alpha
    )
    assert hypotheses[0].tokens == best.tokens
    assert hypotheses[0].score(alpha) == pytest.approx(best.score(alpha))
    assert all(h.ended for h in hypotheses)
    scores = [h.score(alpha) for h in hypotheses]
    assert scores == sorted(scores, reverse=True) and len({h.tokens for h in hypotheses}) == len(hypotheses)


def plain_beam_search(forward, limit, beam):
    """The rule of beam_search in the plainest way: every extension of every prefix, never done early for its score."""
    alive, finished = [()], []
    for _ in range(limit):
        V = forward(torch.tensor([[1]])).shape[-1]
        extensions = [((*text, v), log_prob(forward, [1], (*text, v))) for text in alive for v in range(V)]
        extensions.sort(key=lambda e: -e[1])
        finished += [decoding.Decoded(t, lp, True) for t, lp in extensions[:beam] if t[-1] == END]
        alive = [t for t, _ in extensions if t[-1] != END][:beam]
        if len(finished) >= beam:
            break
    return finished or [decoding.Decoded(t, log_prob(forward, [1], t), False) for t in alive]


@settings(repeatable, max_examples=120)
@given(V=st.integers(2, 4), limit=st.integers(1, 6), beam=st.integers(1, 4), alpha=st.floats(0, 5), seed=seeds)
def test_beam_search_follows_its_rule(V, limit, beam, alpha, seed):
    forward = toy(V, seed, sharpness=1.0)
    expected = {h.tokens: h for h in plain_beam_search(forward, limit, beam)}
    [found] = decoding.beam_search(*decoding.from_forward(forward), start(), END, limit, beam, alpha)
    assert {h.tokens for h in found} <= expected.keys()
    assert found[0].tokens == max(expected.values(), key=lambda h: h.score(alpha)).tokens
    for h in found:
        assert h.log_prob == pytest.approx(expected[h.tokens].log_prob) and h.ended == expected[h.tokens].ended


@repeatable
@given(V=st.integers(3, 6), B=st.integers(2, 4), limit=st.integers(1, 6), beam=st.integers(1, 4), seed=seeds)
def test_a_text_does_not_depend_on_its_batch(V, B, limit, beam, seed):
    forward = toy(V, seed)
    limits = list(range(limit, limit + B))
    beams = decoding.beam_search(*decoding.from_forward(forward), start(B), END, limits, beam)
    greedy = decoding.greedy(*decoding.from_forward(forward), start(B), END, limits)
    for b in range(B):
        prompt = start(B)[b : b + 1]
        [alone] = decoding.beam_search(*decoding.from_forward(forward), prompt, END, limits[b], beam, keep=False)
        assert [h.tokens for h in alone] == [h.tokens for h in beams[b]]
        assert all(h.distributions == () for h in alone)
        [alone] = decoding.greedy(*decoding.from_forward(forward), prompt, END, limits[b])
        assert alone.tokens == greedy[b].tokens


def test_a_wider_beam_can_find_what_greedy_misses():
    """a (0.6) leads to nothing better than 0.4 each; b (0.4) is followed by the end for sure."""
    a, b = 1, 2
    after = {(3,): [0, 0.6, 0.4], (3, a): [0.34, 0.33, 0.33], (3, b): [1, 0, 0]}

    def forward(ids):
        p = [after.get(tuple(row), [1.0, 0.0, 0.0]) for row in ids.tolist()]
        return torch.tensor(p).log()[:, None].expand(-1, ids.shape[1], -1)

    args = (*decoding.from_forward(forward), torch.tensor([[3]]), END, 5)
    assert decoding.greedy(*args)[0].tokens == (a, END)
    best = decoding.beam_search(*args, beam=2)[0][0]
    assert best.tokens == (b, END) and best.log_prob == pytest.approx(np.log(0.4))


def test_length_penalty_of_the_paper():
    assert decoding.length_penalty(1, 0.6) == 1
    assert decoding.length_penalty(20, 0.6) == pytest.approx((25 / 6) ** 0.6)
    assert decoding.length_penalty(20, 0) == 1


logits_lists = st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=12, unique=True)


@repeatable
@given(
    logits=logits_lists,
    temperature=st.floats(0.1, 5),
    k=st.none() | st.integers(1, 14),
    p=st.none() | st.floats(0.05, 0.99),
)
def test_distribution_is_transformers(logits, temperature, k, p):
    z = torch.tensor([logits], dtype=torch.float64)
    warped = TemperatureLogitsWarper(temperature)(None, z)
    warped = warped if k is None else TopKLogitsWarper(k)(None, warped)
    reached = warped.softmax(-1).sort(descending=True).values.cumsum(-1)
    assume(p is None or (reached - p).abs().min() > 1e-9)  # a tie is decided by rounding there, exactly here: see below
    warped = warped if p is None else TopPLogitsWarper(p)(None, warped)
    ours = decoding.distribution(z, temperature, k, p)
    torch.testing.assert_close(ours, warped.softmax(-1), rtol=0, atol=1e-9)


def test_supports_are_exact():
    logits = torch.tensor([0.4, 0.1, 0.3, 0.2]).log()

    def kept(**cut):
        return decoding.distribution(logits, **cut).nonzero().flatten().tolist()

    assert kept() == [0, 1, 2, 3]
    assert kept(top_k=1) == [0] and kept(top_k=3) == [0, 2, 3] and kept(top_k=9) == [0, 1, 2, 3]
    assert kept(top_p=0.39) == [0] and kept(top_p=0.41) == [0, 2] and kept(top_p=0.71) == [0, 2, 3]
    assert kept(top_p=1.0) == [0, 1, 2, 3] and kept(temperature=0) == [0]
    assert kept(top_k=2, top_p=0.58) == [0, 2] and kept(top_k=2, top_p=0.57) == [0]  # 0.4 / 0.7 = 0.571
    torch.testing.assert_close(decoding.distribution(logits, top_k=2)[0].item(), 0.4 / 0.7, rtol=0, atol=1e-6)
    nearly = torch.tensor([0.0, 1.0, 1e-17], dtype=torch.float64)  # the last is larger, by less than rounding shows
    assert decoding.distribution(nearly, top_p=0.75).nonzero().flatten().tolist() == [1, 2]
    equal = torch.zeros(5)
    assert (decoding.distribution(equal, top_k=2) > 0).tolist() == [True, True, False, False, False]
    assert (decoding.distribution(equal, temperature=0) > 0).tolist() == [True, False, False, False, False]


def n_kept(probs, top_p, dtype=torch.float64):
    """How many tokens of these probabilities, fractions, top_p keeps."""
    logits = torch.tensor([float(p) for p in probs], dtype=torch.float64).log().to(dtype)
    return int((decoding.distribution(logits, top_p=top_p) > 0).sum())


def fewest(probs, top_p):
    """The same in fractions: nothing is rounded."""
    ranked = sorted(probs, reverse=True)
    return next(n for n in range(1, len(ranked) + 1) if sum(ranked[:n]) >= top_p)


floats = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


@floats
def test_top_p_keeps_the_fewest_that_reach_it(dtype):
    probs = [Fraction(n, 10) for n in (3, 1, 1, 5)]
    expected = {0.5: 1, 0.51: 2, 0.8: 2, 0.81: 3, 0.9: 3, 0.91: 4, 1.0: 4}
    assert {p: n_kept(probs, p, dtype) for p in expected} == expected


@floats
def test_top_p_at_every_boundary_of_equal_probabilities(dtype):
    for n in range(1, 41):
        found = [n_kept([Fraction(1, n)] * n, k / n, dtype) for k in range(1, n + 1)]
        assert found == list(range(1, n + 1))


@floats
@settings(derandomize=True, max_examples=300, deadline=None, database=None)
@given(
    parts=st.lists(st.integers(1, 99), min_size=1, max_size=40), at=st.integers(0, 39), off=st.sampled_from([0, 1, -1])
)
def test_top_p_is_decided_as_in_fractions(dtype, parts, at, off):
    """At each boundary, and a hundred-thousandth to its sides: far more than rounding, far less than a token."""
    probs = sorted((Fraction(n, sum(parts)) for n in parts), reverse=True)
    top_p = min(sum(probs[: at % len(probs) + 1]) + Fraction(off, 100_000), Fraction(1))
    assert n_kept(probs, float(top_p), dtype) == fewest(probs, top_p)


def test_top_p_keeps_one_at_least_and_all_for_one():
    logits = torch.tensor([0.0, -50.0, -90.0], dtype=torch.float64)
    assert (decoding.distribution(logits, top_p=1e-300) > 0).tolist() == [True, False, False]
    assert (decoding.distribution(logits, top_p=1.0) > 0).all()


@pytest.mark.parametrize("settings_", [{}, {"temperature": 0.7}, {"top_k": 3}, {"top_p": 0.8}])
def test_frequencies_are_the_distribution(settings_):
    n, V = 4000, 6
    logits = torch.randn(V, generator=torch.Generator().manual_seed(1))
    step, cache = decoding.from_forward(lambda ids: logits.expand(*ids.shape, V))
    texts = decoding.sample(step, cache, torch.ones(n, 1, dtype=torch.long), END, 1, seed=7, **settings_)
    expected = n * decoding.distribution(logits, **settings_)
    counts = torch.tensor([t.tokens[0] for t in texts]).bincount(minlength=V)
    assert (counts[expected == 0] == 0).all()
    possible = expected > 0
    chi_square = ((counts - expected)[possible] ** 2 / expected[possible]).sum()
    assert chi_square < 20.5  # its 99.9% quantile with 5 degrees of freedom
    torch.testing.assert_close(texts[0].distributions[0], expected / n)


@repeatable
@given(V=st.integers(2, 6), B=st.integers(1, 3), limit=st.integers(1, 6), seed=seeds)
def test_sampling_is_seeded_and_cold_sampling_is_greedy(V, B, limit, seed):
    forward = toy(V, seed)

    def tokens(**how):
        return [
            t.tokens for t in decoding.sample(*decoding.from_forward(forward), start(B), END, limit, seed=seed, **how)
        ]

    state = torch.get_rng_state()
    assert tokens(temperature=3.0) == tokens(temperature=3.0)
    assert torch.equal(torch.get_rng_state(), state)
    greedy = [t.tokens for t in decoding.greedy(*decoding.from_forward(forward), start(B), END, limit)]
    assert tokens(temperature=0) == tokens(top_k=1) == tokens(temperature=1e-310) == greedy


@pytest.mark.parametrize("pre_norm", [False, True])
def test_the_transformers_cache_gives_the_same_texts_as_none(pre_norm):
    config = TransformerConfig(20, 20, d_model=16, n_layer=2, n_head=2, d_ff=32, pre_norm=pre_norm)
    m = Transformer(config, seed=3).eval()
    source = torch.randint(1, 20, (3, 6), generator=torch.Generator().manual_seed(0))
    bos = torch.full((3, 1), 2)

    @dataclass
    class Whole:
        """Source and prefix: everything is computed again."""

        source: torch.Tensor
        ids: torch.Tensor

        def select(self, rows):
            return Whole(self.source[rows], self.ids[rows])

    def step(tokens, cache):
        ids = torch.cat((cache.ids, tokens), 1)
        return m(cache.source, ids)[:, -1:], Whole(cache.source, ids)

    for decode in (decoding.greedy, decoding.beam_search):
        ours = decode(m.step, m.encode(source), bos, 1, [5, 9, 12])
        again = decode(step, Whole(source, bos[:, :0]), bos, 1, [5, 9, 12])
        for a, b in zip(ours, again, strict=True):
            for x, y in zip(*([z] if isinstance(z, decoding.Decoded) else z for z in (a, b)), strict=True):
                assert x.tokens == y.tokens and x.log_prob == pytest.approx(y.log_prob, abs=1e-4)


def test_what_cannot_be_is_refused():
    args = (*decoding.from_forward(toy(3, 0)), start(2), END)
    for call in (
        lambda: decoding.beam_search(*args, 3, beam=0),
        lambda: decoding.beam_search(*args, 3, alpha=-1),
        lambda: decoding.greedy(*args, 0),
        lambda: decoding.greedy(*args, [3]),
        lambda: decoding.sample(*args, 3, seed=0, temperature=-1),
        lambda: decoding.sample(*args, 3, seed=0, top_k=0),
        lambda: decoding.sample(*args, 3, seed=0, top_p=0.0),
    ):
        with pytest.raises(ValueError):
            call()


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("bad", [NAN, INF, -INF, 2.5])
def test_nan_and_infinity_are_refused_by_every_argument(bad):
    args = (*decoding.from_forward(toy(3, 0)), start(2), END)
    calls = [
        lambda: decoding.distribution(torch.zeros(3), top_k=bad),
        lambda: decoding.distribution(torch.zeros(3), top_p=bad),
        lambda: decoding.beam_search(*args, 3, beam=bad),
        lambda: decoding.greedy(*args, bad),
        lambda: decoding.greedy(*args, [3, bad]),
    ]
    if bad != 2.5:
        calls += [
            lambda: decoding.distribution(torch.zeros(3), temperature=bad),
            lambda: decoding.sample(*args, 3, seed=0, temperature=bad),
            lambda: decoding.beam_search(*args, 3, alpha=bad),
            lambda: decoding.length_penalty(5, bad),
            lambda: decoding.Decoded((1,), -1.0, True).score(bad),
        ]
    for call in calls:
        with pytest.raises(ValueError):
            call()


@pytest.mark.parametrize("logits", [[0.0, NAN, 1.0], [0.0, INF, 1.0], [-INF] * 3])
def test_logits_of_no_distribution_are_refused(logits):
    z = torch.tensor(logits)
    broken = decoding.from_forward(lambda ids: z.expand(*ids.shape, 3))
    for call in (
        lambda: decoding.distribution(z),
        lambda: decoding.distribution(torch.stack((torch.zeros(3), z)), temperature=0),
        lambda: decoding.greedy(*broken, start(2), END, 3),
        lambda: decoding.beam_search(*broken, start(2), END, 3),
    ):
        with pytest.raises(ValueError, match="logits"):
            call()
    assert decoding.distribution(torch.tensor([0.0, -INF, 0.0])).tolist() == [0.5, 0.0, 0.5]
