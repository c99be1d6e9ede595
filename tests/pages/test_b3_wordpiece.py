"""B3: what the note says in words about its demos, where the house's own tests do not look."""

import itertools
import json
import math
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from models import bert_files, bpe, wordpiece
from models.records import translator as held_out
from pages.b3_wordpiece import attempts, by_library, growing, learning, lost, shared, split, train, vocabulary
from study.controls import Refusal
from study.demo import Origin, demos
from study.notes import Lesson
from study.views import Heatmap, Lines, Table, Tokens
from tests.many_readers import digest

DEMOS = demos("b3_wordpiece")
some = settings(derandomize=True, deadline=None, database=None, max_examples=60)
texts = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(["flightless", "##less", "苹果", "天", "é", "🙂", "[MASK]", "...", "3.14", "\u200b", "ß"])
    ).map(" ".join),
).map(lambda s: f"a{s}")


@pytest.fixture(scope="module")
def library():
    tokenizer = bert_files.tokenizer(bert_files.folder() / "tokenizer.json")
    return lambda text: tokenizer.encode(text, add_special_tokens=False).tokens


def claims(evidence) -> dict[str, float]:
    assert all(c.holds for c in evidence.claims), evidence.claims
    return {c.name: c.measured for c in evidence.claims}


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


def view(evidence, kind, n=0):
    return [v for v in evidence.views if isinstance(v, kind)][n]


def chips(evidence, n=0) -> list[str]:
    return list(view(evidence, Tokens, n).tokens)


def titled(evidence, key) -> Tokens | Table:
    return next(v for v in evidence.views if getattr(v.title, "key", v.title) == key)


def test_torch_is_imported_for_the_vectors_only():
    code = (
        "import sys; from study.demo import demos; found = demos('b3_wordpiece');"
        "[found[name]() for name in found if name != 'shared']; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


FIRST_READERS = """
import json, random, threading
from concurrent.futures import ThreadPoolExecutor
from study.demo import demos
from tests.many_readers import digest

names = sorted(DEMOS) * 4
random.Random(0).shuffle(names)
start = threading.Barrier(16)

def read(name):
    return name, digest(demos("b3_wordpiece")[name]())

def read_first(name):
    start.wait()  # nobody has imported or loaded anything yet
    return read(name)

with ThreadPoolExecutor(16) as pool:
    seen = {*pool.map(read_first, names[:16]), *pool.map(read, names[16:])}
print(json.dumps(sorted(seen)))
"""


def test_sixteen_first_readers_see_what_one_alone_sees():
    """In a fresh process: torch, the model, the tokenizer and the memoised steps are asked for by all at once."""
    code = FIRST_READERS.replace("sorted(DEMOS)", repr(sorted(DEMOS)))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    alone = sorted([name, digest(demo())] for name, demo in DEMOS.items())
    assert json.loads(run.stdout) == alone


def test_the_tokenizer_and_the_vocabulary_are_loaded_once():
    by_library._bert.cache_clear()
    with ThreadPoolExecutor(16) as pool:
        tokenizers = list(pool.map(lambda _: by_library._bert(), range(64)))
        vocabularies = list(pool.map(lambda _: wordpiece.load(), range(64)))
    assert all(t is tokenizers[0] for t in tokenizers) and all(w is vocabularies[0] for w in vocabularies)


# --- split -----------------------------------------------------------------------------------------------------------
def test_the_papers_example():
    evidence = DEMOS["split"](**split.PRESETS["paper"])
    assert chips(evidence) == ["penguin", "[MASK]", "are", "flight", "##less", "birds"]
    assert claims(evidence)["same_length"] == 6
    assert chips(DEMOS["split"]())[0] == "penguins"  # one piece
    assert wordpiece.load().tokenize("playing") == ["playing"]  # Figure 2 has play ##ing


@pytest.mark.parametrize(
    ("preset", "expected"),
    {
        "hashes": ["#", "#", "less"],
        "rare": ["xiao", "##ming", "asks", "chat", "##gp", "##t", "about", "co", "##vid"],
        "numbers": ["in", "2018", "it", "had", "305", "##22"],
        "signs": ["c", "'", "est", "naive", "…", "[UNK]"],
    }.items(),
)
def test_examples(preset, expected):
    assert chips(DEMOS["split"](**split.PRESETS[preset]))[: len(expected)] == expected


def test_chinese():
    tokens = chips(DEMOS["split"](sentence="我爱吃苹果，也爱看天安门。"))
    assert tokens[:6] == ["我", "[UNK]", "[UNK]", "[UNK]", "[UNK]", "，"]


def test_numbers_and_the_long_name():
    tokens = chips(DEMOS["split"](**split.PRESETS["numbers"]))
    assert tokens[tokens.index("3") : tokens.index("of")] == ["3", ".", "141", "##59"]
    words = {row[0]: row[1] for row in view(DEMOS["split"](**split.PRESETS["rare"]), Table).rows}
    assert len(words["pneumonoultr…niosis"].split()) == 17
    assert max(map(len, split.PRESETS["rare"]["sentence"].strip(".").split())) == 45


def test_what_is_cut_or_unknown_stands_first():
    rows = view(DEMOS["split"](sentence="all of them are words flightless 🙂"), Table).rows
    assert [row[0] for row in rows] == ["flightless", "🙂", "all", "of", "them", "are", "words"]


def test_why_a_word_is_unknown():
    rows = {row[0]: row[3] for row in view(DEMOS["split"](sentence=f"abc🙂 苹 {'x' * 101} [MASK] 天"), Table).rows}
    assert [rows[w].key for w in ("abc🙂", "苹", "xxxxxxxxxxxx…xxxxxx", "[MASK]", "天")] == [
        "why_missing", "why_missing", "why_long", "why_special", "why_whole",
    ]  # fmt: skip
    assert dict(rows["abc🙂"].values) == {"piece": "##🙂"}


@some
@given(texts)
def test_any_text_is_split_as_the_library_splits_it(library, text):
    evidence = DEMOS["split"](sentence=text)
    assert chips(evidence) == library(text) and claims(evidence)


TYPED = {
    "split": ["sentence"], "attempts": ["word"], "lost": ["first", "second"], "three_ways": ["text"],
    "shared": ["piece", "words"], "train": ["text", "word"],
}  # fmt: skip


@pytest.mark.parametrize("demo", TYPED)
def test_nothing_readable_is_refused(demo):
    for name in TYPED[demo]:
        for text in ("\ufffd", "\u0301", " \u0302\ufe0f", "\ufffd\n\ufffd"):
            with pytest.raises(Refusal, match="few_words" if name == "words" else "nothing_left"):
                DEMOS[demo](**{name: text})
        with pytest.raises(Refusal, match="empty"):
            DEMOS[demo](**{name: " \u200b"})
        with pytest.raises(Refusal, match="too_many_characters"):
            DEMOS[demo](**{name: "x" * 5000})


def test_a_search_for_nothing_readable_finds_nothing():
    for query in ("\ufffd", "\u0301", " \u0302\ufe0f"):
        evidence = DEMOS["vocabulary"](query=query)
        assert claims(evidence) and measured(evidence)["hits"] == 0


# --- attempts --------------------------------------------------------------------------------------------------------
def test_flightless_takes_six_looks():
    evidence = DEMOS["attempts"]()
    assert claims(evidence)["looks"] == 6
    table = view(evidence, Table)
    assert [row[2] for row in table.rows] == ["flightless", "flightles", "flightle", "flightl", "flight", "##less"]
    assert [row[3] for row in table.rows] == ["✗"] * 4 + ["✓"] * 2
    assert [row[4] for row in table.rows][-2:] == ["3462", "3238"]
    last = view(DEMOS["attempts"](look=25), Tokens)
    marks = [s.mark for s in sorted(last.spans, key=lambda s: s.start)]
    assert marks == ["right"] * 6 + ["focus"] * 4 and "".join(last.tokens) == "flightless"


@pytest.mark.parametrize(
    ("word", "pieces"),
    {"unaffable": "una ##ffa ##ble", "unhappiness": "un ##ha ##pp ##iness", "cloudscribe": "clouds ##cr ##ibe",
     "苹": "[UNK]"}.items(),
)  # fmt: skip
def test_words_of_the_note(word, pieces):
    evidence = DEMOS["attempts"](word=word)
    assert " ".join(titled(evidence, "result").tokens) == pieces
    shorter = [v.tokens for v in evidence.views if v.title == "fewest"]
    assert shorter == ([("cloud", "##scribe")] if word == "cloudscribe" else [])


def test_no_word_of_the_500_sentences_needs_fewer_pieces():
    w = wordpiece.load()
    words = set(wordpiece.words("\n".join(p.english for p in held_out.load().pairs)))
    cuts = [t for t in map(w.trace, words) if len(t.pieces) > 1]
    assert (len(words), len(cuts)) == (889, 16)
    assert all(len(t.pieces) == len(attempts._fewest(t.word, w.vocabulary)) for t in cuts)


def test_words_that_are_not_looked_up():
    for word in ("[MASK]", "x" * 101):
        evidence = DEMOS["attempts"](word=word)
        assert [n.key for n in evidence.notices] == ["no_looks"] and claims(evidence)["looks"] == 0
    assert [n.key for n in DEMOS["attempts"](word="two words").notices] == ["only_first"]


@some
@given(texts, st.integers(1, 25))
def test_any_word(text, look):
    assert "looks" in claims(DEMOS["attempts"](word=text, look=look))


@pytest.mark.parametrize("word", ["flightless", "cloudscribe", "unhappiness", "electroencephalography"])
def test_the_look_that_is_shown_is_in_the_table(word):
    for look in range(1, 26):
        evidence = DEMOS["attempts"](word=word, look=look)
        table = view(evidence, Table)
        (now,) = [row for row in table.rows if row[0] == "▶"]
        shown = view(evidence, Tokens)
        tried = [span.start for span in shown.spans if span.mark == "focus"]
        piece = "##" * (tried[0] > 0) + word[tried[0] : tried[-1] + 1]
        assert (now[1], now[2]) == (dict(shown.title.values)["step"], piece) and len(table.rows) <= attempts.SHOWN


def test_the_slider_of_looks_ends_where_the_words_of_the_note_do():
    looks = [claims(DEMOS["attempts"](word=values["word"]))["looks"] for values in attempts.PRESETS.values()]
    (slider,) = [p.control for p in DEMOS["attempts"].params if p.name == "look"]
    assert max(looks) == slider.high


# --- lost ------------------------------------------------------------------------------------------------------------
def test_two_sentences_become_one():
    evidence = DEMOS["lost"]()
    assert chips(evidence) == chips(evidence, 1) == ["[UNK]"] * 5 + ["。"]
    assert measured(evidence) == {"positions": 0, "swallowed": 8} and claims(evidence)["one_row"] == 1
    english = DEMOS["lost"](first="apples taste good", second="eggs taste bad")
    assert measured(english) == {"positions": 2, "swallowed": 0} and claims(english)["one_row"] == 0


@pytest.mark.parametrize(("preset", "swallowed"), [("food", 8), ("feelings", 3), ("emoji", 2)])
def test_opposites_that_become_one(preset, swallowed):
    assert measured(DEMOS["lost"](**lost.PRESETS[preset])) == {"positions": 0, "swallowed": swallowed}


# --- three ways and growing ------------------------------------------------------------------------------------------
def test_counts_of_the_default_sentence():
    rows = {row[0].key: row[1:] for row in view(DEMOS["three_ways"](), Table).rows}
    assert [rows[k][1] for k in ("words", "characters", "pieces")] == [9, 43, 11]
    assert [rows[k][2] for k in ("words", "characters", "pieces")] == [2, 0, 0]
    assert rows["characters"][4] == pytest.approx(22.8, abs=0.05) and rows["pieces"][4] == pytest.approx(1.5, abs=0.05)


def test_counts_of_500_sentences():
    english = DEMOS["three_ways"](source="english")
    rows = {row[0].key: row[1:] for row in view(english, Table).rows}
    assert (rows["words"][1], rows["pieces"][1], rows["words"][2]) == (3916, 3941, 17)
    assert measured(english)["in_one_piece"] == pytest.approx(0.996, abs=0.0005)
    chinese = DEMOS["three_ways"](source="chinese")
    assert view(chinese, Table).rows[2][4] == pytest.approx(63.9, abs=0.05)
    assert measured(chinese)["pieces_unknown"] == pytest.approx(0.639, abs=0.0005)


def test_growing():
    evidence = DEMOS["growing"]()
    found, lengths, shares = measured(evidence), view(evidence, Lines), view(evidence, Lines, 1)
    assert found["rows_here"] == 132 and found["unknown_here"] == pytest.approx(0.33, abs=0.005)
    assert found["new_characters"] == 1 and evidence.origin is Origin.TRAINED_HERE
    assert claims(evidence)["same_as_library"] == found["pieces_here"] == pytest.approx(2.0, abs=0.005)
    assert claims(DEMOS["growing"](merges=1000))["same_as_library"] == pytest.approx(1.38, abs=0.005)
    assert measured(DEMOS["growing"](merges=1000))["unknown_here"] == pytest.approx(0.206, abs=0.0005)
    unknown = shares.series[0]
    assert unknown.y[-1] == pytest.approx(20.6, abs=0.05) and lengths.here == shares.here == 132


def test_the_character_of_the_second_half_only():
    learnt_from, read, lines = growing._halves()
    assert set("".join(read)) - set("".join(learnt_from)) == {"7"} and len(lines) == 250


# --- shared ----------------------------------------------------------------------------------------------------------
def test_neighbours_of_less():
    rows = view(DEMOS["shared"](), Table).rows
    assert [row[0] for row in rows][:6] == ["##lessness", "##lessly", "##ful", "naked", "##able", "without"]
    assert {"fewer", "more"} <= {row[0] for row in view(DEMOS["shared"](piece="less"), Table).rows[:2]}
    unused = {row[0]: row[1] for row in view(DEMOS["shared"](piece="[unused0]"), Table).rows}
    assert {"##江", "##、"} <= set(unused) and all(0.84 < c < 0.86 for c in unused.values())


@pytest.mark.parametrize(
    ("layer", "both", "one", "own", "other"), [(0, 0.58, 0.29, 0.77, 0.61), (6, 0.47, 0.22, 0.70, 0.53)]
)
def test_cosines_of_the_note(layer, both, one, own, other):
    evidence = DEMOS["shared"](layer=layer)
    assert measured(evidence) == pytest.approx({"words_with": 4, "both": both, "only_one": one}, abs=0.005)
    heat = view(evidence, Heatmap)
    at = heat.cols.index
    assert heat.z[at("flightless"), at("flight")] == pytest.approx(own, abs=0.005)
    assert heat.z[at("flightless"), at("weightless")] == pytest.approx(other, abs=0.005)
    assert claims(evidence)["one_row"] == 0
    assert heat.rows[at("flightless")] == "flight ##less" and heat.rows[at("moon")] == "moon"


def test_stem_and_ending_compared_fairly():
    """flight is one piece, all of it in flightless; flightness has two, as weightless has: at first a tie."""
    lead = []
    for layer in range(7):
        heat = view(DEMOS["shared"](words=f"{shared.WORDS}\nflightness", layer=layer), Heatmap)
        at = heat.cols.index
        stem, part, ending = (heat.z[at("flightless"), at(w)] for w in ("flight", "flightness", "weightless"))
        assert stem > max(part, ending)
        lead.append(part - ending)
        if layer in (0, 2, 6):
            note = {0: (0.77, 0.64, 0.61), 2: (0.77, 0.74, 0.76), 6: (0.70, 0.65, 0.53)}[layer]
            assert (stem, part, ending) == pytest.approx(note, abs=0.0051)
    assert max(map(abs, lead[:4])) < 0.03 and lead[2] < 0 and lead[6] > 0.1
    assert wordpiece.load().tokenize("flightness") == ["flight", "##ness"]


def test_two_pieces_called_less():
    u, v = shared._row("less"), shared._row("##less")
    assert float(u @ v / (u.norm() * v.norm())) == pytest.approx(0.18, abs=0.005)


def test_what_shared_refuses():
    with pytest.raises(Refusal, match="no_such_piece"):
        DEMOS["shared"](piece="flightless")
    with pytest.raises(Refusal, match="few_words"):
        DEMOS["shared"](words="one")
    with pytest.raises(Refusal, match="few_words"):
        DEMOS["shared"](words=f"one\n{'x' * 41}")


# --- vocabulary ------------------------------------------------------------------------------------------------------
def test_search():
    evidence = DEMOS["vocabulary"](query="flight")
    assert [row[:2] for row in view(evidence, Table).rows] == [
        ("flight", "3462"), ("flights", "7599"), ("##flight", "28968"),
    ]  # fmt: skip
    assert measured(DEMOS["vocabulary"](query="苹"))["hits"] == 0
    assert measured(DEMOS["vocabulary"](query="", among="never"))["hits"] == 337
    whole = {row[0]: row[1] for row in view(DEMOS["vocabulary"](query="ireless"), Table).rows}
    assert whole == {"wireless": "9949"}


def test_the_longest():
    longest = view(DEMOS["vocabulary"](query="", longest=True, among="whole"), Table).rows[0][0]
    assert longest == "telecommunications" and len(longest) == 18
    rows = view(DEMOS["vocabulary"](query="", longest=True, among="continuing"), Table).rows
    assert [row[0] for row in rows[:3]] == ["##orestation", "##ropriation", "##filtration"]


def test_the_strangest():
    w = wordpiece.load()
    assert w.tokenize("£100 £101") == ["£100", "£10", "##1"] and w.tokenize("が") == ["か"]
    assert w.tokenize("한") == ["ᄒ", "##ᅡ", "##ᆫ"]
    found = [p for p, kind in vocabulary._kinds().items() if kind == "other"]
    assert {"##ович", "##⁄₄", "£100"} <= set(found)


def test_ids_tell_the_history():
    ids = wordpiece.load().vocabulary
    pieces = list(ids)
    assert {ids[p] for p in ids if len(p) == 1} == set(range(999, 1996))
    assert pieces[1996:2001] == ["the", "of", "and", "in", "to"]
    assert all(len(p) == 3 and p[:2] == "##" for p in pieces[29_612:]) and len(pieces[29_611].removeprefix("##")) > 1


def test_no_continuing_piece_comes_back_when_typed():
    for query in ("##", "less", "。"):
        rows = view(DEMOS["vocabulary"](query=query), Table).rows
        assert all(row[3] != row[0] for row in rows if row[0].startswith("##"))


# --- train -----------------------------------------------------------------------------------------------------------
def made(rule: str) -> list[str]:
    return [s.merged for s in train._steps(train.TEXT, rule, "##")]


def test_the_first_merges_of_the_note():
    assert made("gain")[:4] == ["##ss", "##ar", "##ess", "##less"]
    assert [s.merged for s in train._steps(train.TEXT, "count", "")[:4]] == ["es", "ess", "ar", "less"]
    assert "##less" not in made("ratio") and {"spac", "##pac"} <= set(made("ratio")) and len(made("ratio")) == 60


def test_why_less_is_found_in_step_4():
    counts = learning.learnable(train.TEXT)
    times = {s: sum(n * word.count(s) for word, n in counts.items()) for s in ("ss", "ess", "less", "e", "l")}
    assert times == {"ss": 11, "ess": 11, "less": 10, "e": 41, "l": 27}


def approximated(c: bpe.Candidate) -> float:
    return c.replaced * math.log(c.replaced * c.total / (c.left * c.right))


def test_the_approximation_of_step_13():
    counts = learning.learnable(train.TEXT)
    words = learning.cut(counts, train._steps(train.TEXT, "gain", "##")[:12], "##")
    found = {c.pair: c for c in bpe.candidates(words, counts, "##")}
    assert approximated(found["f", "##e"]) == pytest.approx(6.8, abs=0.05)


@some
@given(st.lists(st.text("abc", min_size=1, max_size=8), min_size=1, max_size=9).map(Counter))
def test_the_approximation_is_off_by_at_most_k(counts):
    for c in bpe.candidates({word: bpe.symbols(word) for word in counts}, counts):
        if c.replaced == c.count:  # runs such as aaa are joined less often than they are counted
            assert abs(approximated(c) - c.gain) <= c.replaced + 1e-9
    rare = bpe.Candidate(("a", "b"), "ab", 10, 10, 1000, 1000, 100_000)
    together = bpe.Candidate(("a", "b"), "ab", 10, 10, 10, 10, 100_000)
    assert approximated(rare) - rare.gain > 9.8 and together.gain - approximated(together) > 9.9


def test_what_is_left_after_60_merges():
    left = {r: pieces(DEMOS["train"](rule=r, merges=60), "cut_wordpiece") for r in ("gain", "ratio")}
    assert left == {"gain": 77, "ratio": 131}


def pieces(evidence, title: str) -> int:
    return dict(titled(evidence, title).title.values)["pieces"]


def test_the_large_numbers_are_those_of_the_text_as_cut():
    for merges in (0, 12, 60):
        evidence = DEMOS["train"](merges=merges)
        large = measured(evidence)
        assert large["wordpiece_length"] == pieces(evidence, "cut_wordpiece")
        assert large["bpe_length"] == pieces(evidence, "cut_bpe")


def test_it_is_said_how_many_words_are_shown():
    for text, (shown, every) in ((train.TEXT, (20, 62)), (train.CHINESE, (16, 16))):
        title = dict(titled(DEMOS["train"](text=text), "cut_wordpiece").title.values)
        assert (title["shown"], title["all"]) == (shown, every)


def test_the_candidates_of_step_13():
    rows = {row[0]: row[1:] for row in titled(DEMOS["train"](), "candidates").rows}
    assert rows["f + ##e"][2:4] == ("5 ✓", "4.224") and rows["h + ##o"][2:4] == ("4", "9.818 ✓")
    assert [row[2] for row in rows.values() if row[4] == "1 ✓"] == ["1"]


def test_the_new_word():
    evidence = DEMOS["train"]()
    assert titled(evidence, "new_wordpiece").tokens == ("l", "##ight", "##less")
    assert titled(evidence, "new_bpe").tokens == ("l", "i", "g", "h", "t", "less")
    strange = DEMOS["train"](word="lightless🙂")
    assert titled(strange, "new_wordpiece").tokens == ("[UNK]",)
    assert titled(strange, "new_bpe").tokens[-1] == "🙂"


def test_what_the_librarys_bpe_does_with_a_character_that_it_has_not_learnt():
    counts = learning.learnable(train.TEXT)
    tokenizer = by_library.byte_pairs(counts, 12)
    assert tokenizer.encode("lightless🙂").tokens == ["l", "i", "g", "h", "t", "less", "[UNK]"]
    plain = json.loads(tokenizer.to_str())
    plain["model"]["unk_token"] = None  # as the library comes
    tokenizer = Tokenizer.from_str(json.dumps(plain))
    assert tokenizer.encode("lightless🙂").tokens == ["l", "i", "g", "h", "t", "less"]
    assert tokenizer.encode("le🙂ss").tokens == ["less"]


def test_chinese_has_nothing_to_merge():
    evidence = DEMOS["train"](text="我爱北京天安门\n天安门在北京", word="苹果")
    assert claims(evidence) and titled(evidence, "candidates").rows == (("–",) * 6,)


#: What one text holds and another does not: no common character, one letter, NFD, joiners, marks, scripts, signs.
STRANGE = [
    "lily", "null", "aba", "eve", "x", "ll", "the the the", "y" * 60, "ab" * 30, "l🙂l", "🙂🙂", "👨‍👩‍👧", "❤️",
    "cafe\u0301", "café", "Zu\u0308rich", "Vie\u0323\u0302t", "ẞ", "İi", "ﬁ", "Ⅷ", "한국", "がか", "क्‍ष", "שלום", "ไทย",
    "我爱你", "㐀𠀀", "3.14", "…—¡", "a\u0000b", "e\ufffde", "\ufffd", "\u0301", "[MASK]", "[UNK]", "##less",
]  # fmt: skip


@pytest.mark.parametrize("demo", [*TYPED, "vocabulary"])
def test_claims_hold_for_strange_texts(demo):
    """All of them in every box; two boxes get every pair of a few."""
    names = TYPED.get(demo, ["query"])
    given = [{name: text} for name in names for text in STRANGE]
    if len(names) == 2:
        pairs = itertools.product(["The tall man fell.", "see the tree", "lightless", "aa", *STRANGE[::4]], STRANGE)
        given += [dict(zip(names, pair, strict=True)) for pair in pairs] if demo != "shared" else []
    for values in given:
        try:
            evidence = DEMOS[demo](**values)
        except Refusal as refusal:
            assert refusal.key in ("nothing_left", "no_such_piece", "few_words", "too_many_characters"), values
            continue
        assert claims(evidence), values


@pytest.mark.parametrize(
    ("text", "word"),
    {"The tall man fell.": "lily", "lightless": "null", "null": "lightless", "aa": "aba", "see the tree": "eve",
     "我": "a", "a": "🙂"}.items(),
)  # fmt: skip
def test_a_new_word_with_characters_that_the_text_does_not_have(text, word):
    for rule, merges in itertools.product(("gain", "ratio", "count"), (0, 1, 2, 12, 60)):
        evidence = DEMOS["train"](text=text, word=word, rule=rule, merges=merges)
        assert claims(evidence)["same_bpe"] == 0
        assert "".join(titled(evidence, "new_bpe").tokens) == word


def test_growing_as_the_library_at_every_number_of_merges():
    for merges in growing.MERGES.ladder:
        assert claims(DEMOS["growing"](merges=merges, line=1 + merges % 50))


@some
@given(st.lists(texts, min_size=1, max_size=8), texts, st.sampled_from(["gain", "ratio", "count"]),
       st.integers(0, 60))  # fmt: skip
def test_any_text_and_word(lines, word, rule, merges):
    try:
        evidence = DEMOS["train"](text="\n".join(lines), word=word, rule=rule, merges=merges)
    except Refusal as refusal:
        assert refusal.key in ("nothing_left", "too_many_characters", "too_many_lines")
        return
    assert claims(evidence).keys() >= {"same_merges", "same_wordpiece", "gains_add_up", "library_counts"}


# --- the rest of the note --------------------------------------------------------------------------------------------
def test_parameters():
    assert 30_522 * 768 == 23_440_896 and 0.2 < 23_440_896 / 109_482_240 < 0.22


def test_chinese_characters_of_the_vocabulary():
    found = [p for p, kind in vocabulary._kinds().items() if kind == "chinese"]
    assert len(found) == 244 and set("戦沢亻氵艹") <= set(found) and not set("苹果爱门") & set(found)
    assert Counter(map(len, found)) == {1: 244}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_interview_makes_its_points(lang):
    assert 3 <= len(Lesson("b3_wordpiece").interview(lang).points) <= 5


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_question_is_not_cut_at_its_hashes(lang):
    """In YAML a # after a space begins a comment."""
    lesson = Lesson("b3_wordpiece")
    assert "##less" in lesson.question(lang) and lesson.question(lang)[-1] in "？?"
    assert "##" not in lesson.title(lang)  # Markdown takes them off the end of a heading
