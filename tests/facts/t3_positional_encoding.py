"""What the note on positional encoding states and no demo tells, computed again."""

from functools import cache

from models import bert_input, translator
from models.records import translator as held_out
from pages.t3_positional_encoding import beyond, distance
from pages.t3_positional_encoding.bases import FAR
from pages.t3_positional_encoding.displaced import batches, over_all

LONG = "The animal didn't cross the street because it was too tired."
FIGURE_2 = "my dog is cute", "he likes playing"


def _share(head: int, part: int, *text: str) -> float:
    """How much of a head's preferences comes from a part with itself: 0 words, 2 positions."""
    return float(bert_input.score_shares(bert_input.score_terms(bert_input.taken_apart(*text)))[part, part, head])


def h1_word_share() -> float:
    return _share(1, 0, LONG)


def h1_word_share_of_figure_2() -> float:
    return _share(1, 0, *FIGURE_2)


def h2_position_share_of_figure_2() -> float:
    return _share(2, 2, *FIGURE_2)


@cache
def _loss(source: int | None, target: int | None) -> float:
    """Of the first 100 held-out pairs, their positions beginning there; None: without positions."""
    pairs = [(pair.chinese, pair.english) for pair in held_out.load().pairs[:100]]
    loaded = translator.load()
    return over_all(loaded.model, batches(loaded, pairs), source, target)[0]


def loss_in_place() -> float:
    return _loss(0, 0)


def loss_without_positions() -> float:
    return _loss(None, None)


def loss_both_20() -> float:
    return _loss(20, 20)


def loss_source_20() -> float:
    return _loss(20, 0)


def loss_target_20() -> float:
    return _loss(0, 20)


def longer_than_20() -> float:
    lengths = [len(pair.chinese) for pair in held_out.load().pairs]
    return sum(n > 20 for n in lengths) / len(lengths)


def held_out_pairs() -> int:
    return len(held_out.load().pairs)


def read_pairs() -> int:
    """Of chip 1."""
    return beyond.PRESETS["first"]["pairs"]


def furthest_start() -> int:
    return beyond.SHIFTS[-1]


def moved_to() -> int:
    """The position at which the text of chip 1 begins."""
    return distance.PRESETS["moved"]["start"]


def looked_for_repeats() -> int:
    return FAR


def standing_out() -> list[int]:
    """The positions after 0 whose learned vector is longer than the median by a quarter or more."""
    norms = bert_input.tables()[2].norm(dim=-1)  # (512,)
    first, *others = (norms > 1.25 * norms.median()).nonzero().flatten().tolist()
    assert first == 0 and len(others) == 3, others
    return others


def first_to_stand_out() -> int:
    return standing_out()[0]


def second_to_stand_out() -> int:
    return standing_out()[1]


def third_to_stand_out() -> int:
    return standing_out()[2]
