"""B3: what the note says in words about its demos, where the house's own tests do not look."""

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import local, subwords, wordpiece
from pages import b3_wordpiece
from study.demo import Origin, Refusal, Tokens, demos
from study.notes import Lesson
from study.views import Heatmap, Lines, Table

DEMOS = demos("b3_wordpiece")
some = settings(derandomize=True, deadline=None, database=None, max_examples=60)
texts = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(["flightless", "##less", "苹果", "天", "é", "🙂", "[MASK]", "...", "3.14", "\u200b", "ß"]))
    .map(" ".join),
).map(lambda s: f"a{s}")  # fmt: skip


@pytest.fixture(scope="module")
def library():
    tokenizer = local.tokenizer(local.folder() / "tokenizer.json")
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


# --- split -----------------------------------------------------------------------------------------------------------
def test_the_papers_example():
    evidence = DEMOS["split"](example="paper")
    assert chips(evidence) == ["penguin", "[MASK]", "are", "flight", "##less", "birds"]
    assert claims(evidence)["same_length"] == 6
    assert chips(DEMOS["split"]())[0] == "penguins"  # one piece
    assert wordpiece.load().tokenize("playing") == ["playing"]  # Figure 2 has play ##ing


@pytest.mark.parametrize(
    ("example", "expected"),
    {
        "hashes": ["#", "#", "less"],
        "rare": ["xiao", "##ming", "asks", "chat", "##gp", "##t", "about", "co", "##vid"],
        "numbers": ["in", "2018", "it", "had", "305", "##22"],
        "signs": ["c", "'", "est", "naive", "…", "[UNK]"],
        "chinese": ["我", "[UNK]", "[UNK]", "[UNK]", "[UNK]", "，"],
    }.items(),
)
def test_examples(example, expected):
    assert chips(DEMOS["split"](example=example))[: len(expected)] == expected


def test_numbers_and_the_long_name():
    tokens = chips(DEMOS["split"](example="numbers"))
    assert tokens[tokens.index("3") : tokens.index("of")] == ["3", ".", "141", "##59"]
    long = view(DEMOS["split"](example="rare"), Table).rows[-2]
    assert long[0] == "pneumonoultr…niosis" and len(long[1].split()) == 17
    assert max(map(len, b3_wordpiece.EXAMPLES["rare"].strip(".").split())) == 45


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


@pytest.mark.parametrize("demo", ["split", "attempts", "lost", "three_ways", "train"])
def test_nothing_readable_is_refused(demo):
    name = {"split": "sentence", "attempts": "word", "lost": "second", "three_ways": "text", "train": "word"}[demo]
    with pytest.raises(Refusal, match="nothing_left"):
        DEMOS[demo](**{name: "\ufffd"})
    with pytest.raises(Refusal, match="empty"):
        DEMOS[demo](**{name: " \u200b"})
    with pytest.raises(Refusal, match="too_many_characters"):
        DEMOS[demo](**{name: "x" * 5000})


# --- attempts --------------------------------------------------------------------------------------------------------
def test_flightless_takes_six_looks():
    evidence = DEMOS["attempts"]()
    assert claims(evidence)["looks"] == 6
    table = view(evidence, Table)
    assert [row[2] for row in table.rows] == ["flightless", "flightles", "flightle", "flightl", "flight", "##less"]
    assert [row[3] for row in table.rows] == ["✗"] * 4 + ["✓"] * 2
    assert [row[4] for row in table.rows][-2:] == ["3462", "3238"]
    last = view(DEMOS["attempts"](step=60), Tokens)
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


def test_words_that_are_not_looked_up():
    for word in ("[MASK]", "x" * 101):
        evidence = DEMOS["attempts"](word=word)
        assert [n.key for n in evidence.notices] == ["no_looks"] and claims(evidence)["looks"] == 0
    assert [n.key for n in DEMOS["attempts"](word="two words").notices] == ["only_first"]


@some
@given(texts, st.integers(1, 60))
def test_any_word(text, step):
    assert "looks" in claims(DEMOS["attempts"](word=text, step=step))


# --- lost ------------------------------------------------------------------------------------------------------------
def test_two_sentences_become_one():
    evidence = DEMOS["lost"]()
    assert chips(evidence) == chips(evidence, 1) == ["[UNK]"] * 5 + ["。"]
    assert measured(evidence) == {"positions": 0, "swallowed": 8} and claims(evidence)["one_row"] == 1
    english = DEMOS["lost"](first="apples taste good", second="eggs taste bad")
    assert measured(english) == {"positions": 2, "swallowed": 0} and claims(english)["one_row"] == 0


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
    assert measured(english)["in_one_piece"] == pytest.approx(99.6, abs=0.05)
    chinese = view(DEMOS["three_ways"](source="chinese"), Table)
    assert chinese.rows[2][4] == pytest.approx(63.9, abs=0.05)


def test_growing():
    evidence = DEMOS["growing"]()
    found, lengths, shares = measured(evidence), view(evidence, Lines), view(evidence, Lines, 1)
    assert found["rows_here"] == 132 and found["unknown_here"] == pytest.approx(33, abs=0.5)
    assert found["new_characters"] == 1 and evidence.origin is Origin.TRAINED_HERE
    assert claims(evidence)["same_as_library"] == pytest.approx(2.0, abs=0.005)
    assert claims(DEMOS["growing"](merges=1000))["same_as_library"] == pytest.approx(1.38, abs=0.005)
    assert measured(DEMOS["growing"](merges=1000))["unknown_here"] == pytest.approx(20.6, abs=0.05)
    unknown = shares.series[0]
    assert unknown.y[-1] == pytest.approx(20.6, abs=0.05) and lengths.here == shares.here == 132


def test_the_character_of_the_second_half_only():
    learnt_from, read, lines, _ = b3_wordpiece._grown()
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
    at = heat.rows.index
    assert heat.z[at("flightless"), at("flight")] == pytest.approx(own, abs=0.005)
    assert heat.z[at("flightless"), at("weightless")] == pytest.approx(other, abs=0.005)
    assert claims(evidence)["one_row"] == 0


def test_the_stem_says_more_at_every_layer():
    for layer in range(7):
        heat = view(DEMOS["shared"](layer=layer), Heatmap)
        at = heat.rows.index
        assert heat.z[at("flightless"), at("flight")] > heat.z[at("flightless"), at("weightless")]


def test_two_pieces_called_less():
    from models import piece_vectors

    u, v = piece_vectors.row("less"), piece_vectors.row("##less")
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
    found = [p for p in w.vocabulary if subwords.kind(p) == "other"]
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
    return [s.merged for s in b3_wordpiece._steps(b3_wordpiece.TRAIN, rule, "##")]


def test_the_first_merges_of_the_note():
    assert made("gain")[:4] == ["##ss", "##ar", "##ess", "##less"]
    assert [s.merged for s in b3_wordpiece._steps(b3_wordpiece.TRAIN, "count", "")[:4]] == ["es", "ess", "ar", "less"]
    assert "##less" not in made("ratio") and {"spac", "##pac"} <= set(made("ratio")) and len(made("ratio")) == 60


def test_what_is_left_after_60_merges():
    left = {r: dict(DEMOS["train"](rule=r, merges=60).views[0].title.values)["pieces"] for r in ("gain", "ratio")}
    assert left == {"gain": 77, "ratio": 131}


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
    assert "🙂" not in subwords.library_bpe(subwords.learnable(b3_wordpiece.TRAIN), 12).encode("lightless🙂").tokens


def test_chinese_has_nothing_to_merge():
    evidence = DEMOS["train"](text="我爱北京天安门\n天安门在北京", word="苹果")
    assert claims(evidence) and titled(evidence, "candidates").rows == (("–",) * 6,)


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
    ids = wordpiece.load().vocabulary
    found = [p for p in ids if subwords.kind(p) == "chinese"]
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
