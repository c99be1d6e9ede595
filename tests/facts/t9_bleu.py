"""Numbers that the note tells and no demo returns."""

from models import bleu
from models.records import translator
from pages.t9_bleu import tokenizers
from pages.t9_bleu.corpus_vs_sentence import HYPS


def unigrams_of_four() -> int:
    """Of the four sentences of corpus_vs_sentence."""
    return sum(len(bleu.split(line)) for line in HYPS.splitlines())


def floor() -> float:
    return bleu.SMOOTH["floor"]


def _one_character(tokenize: str) -> float:
    """The candidate and the reference that `tokenizers` begins with."""
    return bleu.sentence_bleu(*_defaults(), tokenize).score


def _defaults() -> tuple[str, list[str]]:
    candidate, reference = tokenizers.tokenizers.__defaults__
    return candidate, [reference]


def one_character_intl() -> float:
    return _one_character("intl")


def one_character_13a() -> float:
    return _one_character("13a")


def one_character_zh() -> float:
    return _one_character("zh")


def one_character_char() -> float:
    return _one_character("char")


def numbers_zh() -> float:
    chip = tokenizers.PRESETS["numbers"]
    return bleu.sentence_bleu(chip["candidate"], [chip["reference"]], "zh").score


def lowest_greedy() -> float:
    """Of the sentences of the translator's test set."""
    return min(bleu.sentence_bleu(pair.greedy, [pair.english]).score for pair in translator.load().pairs)


def held_out_pairs() -> int:
    return len(translator.load().pairs)
