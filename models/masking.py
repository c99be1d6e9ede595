"""What a masked language model is given to read, and how far many draws lie from what is expected.   Devlin 2019, §3.1.

given, chosen, fate = masking.mask_tokens(ids, ordinary, 0.15, (0.8, 0.1, 0.1), random)
loss of the model's logits at `chosen` against ids[chosen]
"""

import numpy as np

FATES = ("mask", "random", "same")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MASK_ID, VOCAB_SIZE = 103, 30_522  # of bert-base-uncased
Draw = tuple[np.ndarray, np.ndarray, np.ndarray]


def mask_tokens(ids: np.ndarray, ordinary: np.ndarray, share: float, mix: tuple, random: np.random.Generator) -> Draw:
    """The changed ids (T,); the chosen positions (M,), which alone the loss is taken of; what became of each (M,)."""
    places = np.flatnonzero(ordinary)  # not [CLS], [SEP] ...
    n = min(len(places), max(1, round(share * len(places))))
    chosen = np.sort(random.permutation(places)[:n])  # (M,)
    fate = random.choice(3, size=n, p=mix)  # (M,): 0 [MASK], 1 another token, 2 the same
    masked, replaced = chosen[fate == 0], chosen[fate == 1]
    given = ids.copy()
    given[masked] = MASK_ID
    given[replaced] = random.integers(VOCAB_SIZE, size=len(replaced))
    return given, chosen, fate


def changed(ids: np.ndarray, draws: list[Draw]) -> int:
    """Tokens that were not chosen and are not what they were, over all draws."""
    return sum(int(np.delete(given != ids, chosen).sum()) for given, chosen, _ in draws)


def surprise(counts: np.ndarray, expected: np.ndarray) -> float:
    """By how many standard errors the mean counts (draws, 3) miss the expected ones (3,), at most."""
    n = max(expected.sum(), 1)
    variance = expected * (1 - expected / n) / len(counts)  # binomial
    return _errors(counts.mean(0) - expected, variance)


def unevenness(ordinary: np.ndarray, draws: list[Draw]) -> float:
    """By how many standard errors a place was chosen more or less often than others, at most."""
    chosen = np.concatenate([chosen for _, chosen, _ in draws])
    often = np.bincount(chosen, minlength=len(ordinary))[ordinary]
    p = len(chosen) / len(draws) / max(len(often), 1)
    variance = np.full(len(often), p * (1 - p) / len(draws))
    return _errors(often / len(draws) - p, variance)


def _errors(gap: np.ndarray, variance: np.ndarray) -> float:
    """The largest gap in standard errors; where nothing can vary, a gap counts as endless."""
    sure = variance < 1e-15
    if np.abs(gap[sure]).max(initial=0) > 1e-9:
        return float("inf")
    errors = np.abs(gap[~sure]) / np.sqrt(variance[~sure])
    return float(errors.max(initial=0))
