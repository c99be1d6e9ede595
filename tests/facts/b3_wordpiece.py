"""What the note of B3 tells beyond the results of its demos."""

import math

from models import bpe, wordpiece
from models.records import translator as held_out
from pages.b3_wordpiece import growing, learning, shared, split, train
from study.demo import demos
from study.views import Heatmap, Table

ON_PAPER = ("un", "una", "##aff", "##ffa", "##able", "##ble")  # the vocabulary of the example


def _looks(piece: str) -> int:
    """How many look-ups the example takes for one of its pieces."""
    trace = wordpiece.WordPiece({p: i for i, p in enumerate(ON_PAPER)}).trace("unaffable")
    start = next(look.start for look in trace.attempts if look.found and look.piece == piece)
    return sum(look.start == start for look in trace.attempts)


def looks_for_una() -> int:
    return _looks("una")


def looks_for_ffa() -> int:
    return _looks("##ffa")


def looks_for_ble() -> int:
    return _looks("##ble")


def _english_words() -> set[str]:
    return set(wordpiece.words("\n".join(p.english for p in held_out.load().pairs)))


def different_words() -> int:
    """Of the 500 English sentences."""
    return len(_english_words())


def cut_words() -> int:
    """Of the different words in the 500 English sentences, those that are not one piece."""
    return sum(len(wordpiece.load().trace(word).pieces) > 1 for word in _english_words())


def _longest() -> str:
    """The longest word of the preset "rare"."""
    return max(wordpiece.words(split.PRESETS["rare"]["sentence"]), key=len)


def letters_of_the_longest() -> int:
    return len(_longest())


def pieces_of_the_longest() -> int:
    return len(wordpiece.load().trace(_longest()).pieces)


def chinese_characters() -> int:
    """Entries that are one character of the block of common Chinese characters, parts and Japanese forms included."""
    return sum(len(piece) == 1 and "\u4e00" <= piece <= "\u9fff" for piece in wordpiece.load().vocabulary)


def _default(row: int, column: int) -> float:
    """A cell of the table of the default sentence: words, characters, pieces."""
    (table,) = (v for v in demos("b3_wordpiece")["three_ways"]().views if isinstance(v, Table))
    return table.rows[row][column]


def words_of_the_default() -> int:
    return _default(0, 2)


def characters_of_the_default() -> int:
    return _default(1, 2)


def weights_of_characters() -> float:
    """Attention weights of the default sentence, of words = 1."""
    return _default(1, -1)


def weights_of_pieces() -> float:
    return _default(2, -1)


def words_of_the_english_sentences() -> int:
    (table,) = (v for v in demos("b3_wordpiece")["three_ways"](source="english").views if isinstance(v, Table))
    return table.rows[0][2]


def cosine_of_less() -> float:
    u, v = shared._row("less"), shared._row("##less")
    return float(u @ v / (u.norm() * v.norm()))


def _to_flightless(word: str) -> float:
    """The cosine at layer 6."""
    evidence = demos("b3_wordpiece")["shared"](words=f"{shared.WORDS}\nflightness", layer=6)
    heat = next(v for v in evidence.views if isinstance(v, Heatmap))
    return float(heat.z[heat.cols.index("flightless"), heat.cols.index(word)])


def same_stem() -> float:
    return _to_flightless("flightness")


def same_ending() -> float:
    return _to_flightless("weightless")


def nearest_to_unused() -> float:
    """The lowest cosine among the rows shown as nearest to [unused0]."""
    return shared._nearest("[unused0]", 8)[-1][1]


def _candidate(*pair: str) -> bpe.Candidate:
    """A candidate of step 13 on the demo's text, merged by gain."""
    counts = learning.learnable(train.TEXT)
    words = learning.cut(counts, train._steps(train.TEXT, "gain", "##")[:12], "##")
    return next(c for c in bpe.candidates(words, counts, "##") if c.pair == pair)


def gain_of_fe() -> float:
    return _candidate("f", "##e").gain


def gain_of_ho() -> float:
    return _candidate("h", "##o").gain


def approximated_gain_of_fe() -> float:
    c = _candidate("f", "##e")
    return c.replaced * math.log(c.replaced * c.total / (c.left * c.right))


def sentences() -> int:
    """English, and as many Chinese."""
    pairs = held_out.load().pairs
    assert all(p.english and p.chinese for p in pairs)
    return len(pairs)


def read_lines() -> int:
    """Sentences that are read after pieces were learned from the others."""
    return len(growing._halves()[2])


def learned_from() -> int:
    return sentences() - read_lines()


def merges_of_chip_2() -> int:
    return growing.PRESETS["thousand"]["merges"]


def _row(piece: str) -> int:
    return wordpiece.load().vocabulary[piece]


def row_of_flight() -> int:
    return _row("flight")


def row_of_less() -> int:
    return _row("##less")


def id_of_the() -> int:
    return _row("the")


def _characters() -> list[int]:
    """The ids of single characters; nothing else lies between them."""
    ids = sorted(i for piece, i in wordpiece.load().vocabulary.items() if len(piece) == 1)
    assert ids == list(range(ids[0], ids[-1] + 1))
    return ids


def first_character() -> int:
    return _characters()[0]


def last_character() -> int:
    return _characters()[-1]


def first_late_character() -> int:
    """From here on every entry is one character behind ##."""
    pieces = list(wordpiece.load().vocabulary)
    return max(i for i, piece in enumerate(pieces) if not (len(piece) == 3 and piece.startswith("##"))) + 1
