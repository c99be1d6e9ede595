"""What the notes of B2 state and no demo tells as a result of its own."""

import functools

from models import bert, bert_input
from pages.b2_input_embeddings import reading_back, recover, shares, switches
from pages.b2_input_embeddings.inputs import FIGURE_2
from study.views import Table
from tests.facts.t3_positional_encoding import (  # noqa: F401 (the note tells them, too)
    first_to_stand_out,
    second_to_stand_out,
    third_to_stand_out,
)

T3_SHORT, T3_LONG = "dogs chase cats", "The animal didn't cross the street because it was too tired."  # its presets


@functools.cache
def _cases() -> dict[str, switches.Numbers]:
    s = bert_input.taken_apart(*FIGURE_2)
    return dict(switches.cases(s, switches.run(s)))


def no_segment_input() -> float:
    return _cases()["no_segment"][0]


def all_a() -> float:
    return _cases()["all_a"][2]


def exchanged() -> float:
    return _cases()["exchanged"][2]


def no_sep() -> float:
    return _cases()["no_sep"][2]


def no_cls() -> float:
    return _cases()["no_cls"][2]


# --- reading back ----------------------------------------------------------------------------------------------------
def _read(width: int) -> tuple[float, float]:
    total, ids, places = reading_back.random_sums(recover.DRAWS, seed=0)
    read = reading_back.read_back(total, width)
    return tuple((a == b).double().mean().item() for a, b in ((read.ids, ids), (read.positions, places)))


def tokens_64() -> float:
    return _read(64)[0]


def positions_64() -> float:
    return _read(64)[1]


def tokens_16() -> float:
    return _read(16)[0]


def positions_16() -> float:
    return _read(16)[1]


def misread_at_0() -> int:
    """Tokens of segment A that would be read as [CLS] at position 0: their sum is nearer to its row."""
    token, segment, position = bert_input.tables()
    x = token + segment[0] + position[0] - segment.mean(0) - position.mean(0)  # (V, C)
    cls = token[bert.load().tokenizer.token_to_id("[CLS]")]  # (C,)
    return int(((x - cls).square().sum(-1) < (x - token).square().sum(-1)).sum())


def carried_times() -> float:
    """How many times as many parameters a model has that carries the concatenation through all layers."""
    table = next(v for v in recover.recover().views if isinstance(v, Table))
    added, _, carried = (dict(row[3].values)["n"] for row in table.rows)
    return carried / added


# --- lengths and shares ----------------------------------------------------------------------------------------------
def _words() -> tuple[list[float], list[float]]:
    """Mean lengths of the three parts, and mean shares of the sum, over the seven words of the default text."""
    s = bert_input.taken_apart(*FIGURE_2)
    words = [i for i, token in enumerate(s.tokens) if token not in ("[CLS]", "[SEP]")]
    return s.parts.norm(dim=-1)[:, words].mean(1).tolist(), shares.contributions(s)[:, words].mean(1).tolist()


def word_token_length() -> float:
    return _words()[0][0]


def word_segment_length() -> float:
    return _words()[0][1]


def word_position_length() -> float:
    return _words()[0][2]


def word_token_share() -> float:
    return _words()[1][0]


def length_of_position_0() -> float:
    return float(bert_input.tables()[2][0].norm())


def next_longest_position() -> float:
    return float(bert_input.tables()[2][1:].norm(dim=-1).max())


# --- the first layer's heads on the sentences of T3 ------------------------------------------------------------------
@functools.cache
def _shares(text: str) -> tuple[float, float]:
    """H2's share of position asks position, H1's of token asks token."""
    share = bert_input.score_shares(bert_input.score_terms(bert_input.taken_apart(text)))  # (4, 3, H)
    return float(share[2, 2, 2]), float(share[0, 0, 1])


def h2_places_short() -> float:
    return _shares(T3_SHORT)[0]


def h2_places_long() -> float:
    return _shares(T3_LONG)[0]


def h1_words_short() -> float:
    return _shares(T3_SHORT)[1]


def h1_words_long() -> float:
    return _shares(T3_LONG)[1]


def random_combinations() -> int:
    return recover.DRAWS
