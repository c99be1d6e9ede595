"""Numbers of the T1 note that no demo tells at its controls."""

from models.records import recall
from pages.t1_why_attention import race, recalled
from study.demo import demos


def longer_with_one_layer() -> float:
    """How many times longer a text may be where the weights of one layer are kept instead of six."""
    memory = demos("t1_why_attention")["memory"]
    longest = [{m.name: m.value for m in memory(n_layer=n).measured}["longest_laptop"] for n in (1, 6)]
    return longest[0] / longest[1]


def longest_raced() -> int:
    return race.LENGTHS[-1]


def longest_recalled() -> int:
    """The tokens of chip 3."""
    return int(recalled.PRESETS["far"]["n"])


def steps_of_recall() -> int:
    return recall.results().steps
