"""Reading and splitting text to train on: the forms it comes in, and that nothing leaks from one side to the other."""

import numpy as np
import pytest

from models.train import texts

BOOK = """The Project Gutenberg EBook of A Tale, by Nobody\r
\r
*** START OF THIS PROJECT GUTENBERG EBOOK A TALE ***\r
\r
Produced by A Volunteer\r
\r
A TALE\r
\r
CHAPTER I\r
\r
It was a _very_ dark night--so dark that\r
nobody saw it.  “Who is\r
there?” she said.\r
\r
Nobody answered.\r
\r
*** END OF THIS PROJECT GUTENBERG EBOOK A TALE ***\r
\r
The licence follows here.\r
"""


@pytest.fixture
def write(tmp_path):
    def file(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8"))
        return path

    return file


# --- the forms -------------------------------------------------------------------------------------------------------
def test_a_book_loses_header_footer_headings_and_line_breaks(write):
    found = texts.read(write("book.txt", "\ufeff" + BOOK))
    first = 'It was a very dark night -- so dark that nobody saw it. "Who is there?" she said.'
    assert found == texts.Text([first, "Nobody answered."], joint="\n", running=True)


def test_a_footer_inside_a_line_is_cut_too(write):
    lines = (
        "One said so .\nTwo said so .\nEnd of Project Gutenberg 's Tale *** END OF THE PROJECT GUTENBERG EBOOK ***\n"
    )
    assert texts.read(write("a.txt", lines + "Send money .\n")).blocks == ["One said so.", "Two said so."]


def test_words_taken_apart_are_put_together(write):
    lines = [
        ("[ Emma by Jane Austen 1816 ]", None),
        ("VOLUME I", None),
        ("Chapter 1", None),
        ("`` I do n't know , '' said she ; `` I can not .", '"I don\'t know," said she; "I can not.'),
        ("Between _ them _ it was Mr. Knightley 's .", "Between them it was Mr. Knightley's."),
        ("What a pity ! ''", 'What a pity!"'),
        ("''I' m strong , '' he said ( so ) .", '"I\'m strong," he said (so).'),
        ("` You ought , ' said Alice .", "'You ought,' said Alice."),
        ("What mean ` st thou ? -- Nothing .", "What mean'st thou? -- Nothing."),
    ]
    found = texts.read(write("emma.txt", "\n".join(line for line, _ in lines)))
    assert found.blocks == [clean for _, clean in lines if clean] and found.joint == " "


def test_wordnet(write):
    lines = [
        "  1 This software and database is being provided to you, the LICENSEE  ",
        '00597915 31 v 03 learn 0 larn 0 acquire 0 002 + 05752544 n 0302 ~ 00598278 v 0000 01 + 08 00 | gain skills; "I'
        ' learned Sanskrit"  ',
        "00000001 00 a 01 asleep(p) 0 000 | in a state of sleep  ",
        "00002137 03 n 0a " + "get_up 0 " * 10 + "000 | a or b | c  ",
    ]
    found = texts.read(write("data.verb", "\n".join(lines)))
    assert not found.running and found.blocks == [
        'learn, larn, acquire: gain skills; "I learned Sanskrit"',
        "asleep: in a state of sleep",
        ", ".join(["get up"] * 10) + ": a or b | c",
    ]


def test_wikitext(write):
    text = (
        " \n = Robert <unk> = \n \n Robert <unk> is an actor , born in 1 @,@ 900 . \n \n = = Life = = \n \n"
        ' He had a guest @-@ starring role in " The Bill " ; he was 7 @.@ 5 feet tall . \n'
    )
    assert texts.read(write("wiki.txt", text)).blocks == [
        "Robert [UNK] is an actor, born in 1,900.",
        'He had a guest-starring role in "The Bill"; he was 7.5 feet tall.',
    ]


def test_of_a_table_the_first_column_is_taken(write):
    tatoeba = "Hi there.\t你好。\tCC-BY 2.0\nHow's he?\t他好吗？\tCC-BY 2.0\n"
    assert texts.read(write("cmn.tsv", tatoeba)) == texts.Text(["Hi there.", "How's he?"], running=False)
    wiki = "It was '' A Hit '' , he said .\tIt was a hit . <::::> He said so .\n" * 2
    assert texts.read(write("wiki.tsv", wiki)).blocks == ['It was "A Hit", he said.'] * 2


def test_plain_sentences_stay_as_they_are(write):
    lines = ['It is "so", isn\'t it?', "[UNK] words -- and others."]
    assert texts.read(write("x.txt", "\n".join(lines))) == texts.Text(lines)


def test_sources_are_files_or_folders_with_or_without_a_name(write):
    write("books/b.txt", "Second book.")
    write("books/a.txt", "First book.")
    write("books/README.md", "not read")
    one = write("one.tsv", "Hello you.\tx\n")
    found = texts.gather([str(one.parent / "books"), f"tatoeba={one}", f"books={one}"])
    assert {n: [t.blocks for t in of] for n, of in found.items()} == {
        "books": [["First book."], ["Second book."], ["Hello you."]],
        "tatoeba": [["Hello you."]],
    }
    with pytest.raises(ValueError, match="no text"):
        texts.gather([str(write("empty.txt", "\n\n"))])
    with pytest.raises(ValueError):
        texts.gather([str(write("latin.txt", "x"))]) if (one.parent / "latin.txt").write_bytes(b"\xe9") else None


# --- passages --------------------------------------------------------------------------------------------------------
def test_sentences_end_where_a_capital_follows():
    block = 'Mr. Brown came. "Who is it?" she said. He said: "No!" Then J. S. Bach played. "Good." It was 5.5 m. high.'
    assert texts.sentences(block) == [
        "Mr. Brown came.", '"Who is it?" she said.', 'He said: "No!"', "Then J. S. Bach played.", '"Good."',
        "It was 5.5 m. high.",
    ]  # fmt: skip


def test_neighbours_are_joined_until_long_enough():
    found = list(texts.passages(["aaa", "bbb", "c", "ddddddd", "e"], " ", 6))
    assert found == ["aaa bbb", "c ddddddd", "e"]
    assert list(texts.passages(["a", "b"], "\n", 0)) == ["a", "b"] and list(texts.passages([], " ", 5)) == []


# --- the split -------------------------------------------------------------------------------------------------------
LONG_ONE = "This sentence is long enough to be a repetition."


def test_no_long_sentence_is_on_two_sides():
    g = np.random.default_rng(0)
    shared = [f"The number of this long sentence is {i}." for i in range(40)]
    a = [f"Some words {i} alone. {shared[g.integers(40)]}" for i in range(150)] + [f"Alone {i}!" for i in range(200)]
    b = [f"Another start, {i}. {shared[g.integers(40)]}" for i in range(80)] + [f"Lonely {i}?" for i in range(99)]
    sources = {"a": a, "b": b}
    found = texts.split(sources, seed=1, dev=0.05, test=0.1, held_out=())
    passages = [[p for of in side.values() for p in of] for side in vars(found).values()]
    sides = [{texts.key(s) for p in side for s in texts.sentences(p)} for side in passages]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert not {k for k in sides[i] & sides[j] if len(k) >= texts.LONG}
    for name, given in sources.items():
        drawn = [*found.train[name], *found.dev[name], *found.test[name]]
        assert sorted(drawn) == sorted(given) and len(drawn) == len(set(drawn))
        assert len(found.dev[name]) == round(0.05 * len(given)) and len(found.test[name]) == round(0.1 * len(given))
        assert found.train[name] == [p for p in given if p in set(found.train[name])], "in their order"


def test_repetitions_and_what_is_held_out_are_dropped():
    many = [f"Sentence {i}." for i in range(40)]
    given = {
        "a": [*many, "sentence 3", LONG_ONE, f"Before it. {LONG_ONE.upper()}"],
        "b": [*many[:5], *(f"B {i}" for i in range(40))],
    }
    found = texts.split(given, 0, 0.05, 0.05, held_out=[LONG_ONE, "Sentence 7!"])
    kept = [p for side in vars(found).values() for of in side.values() for p in of]
    assert sorted(kept) == sorted([*many[:7], *many[8:], *(f"B {i}" for i in range(40))])


def test_the_split_is_seeded_and_refuses_too_little():
    given = {"a": [f"Sentence {i}." for i in range(50)]}
    assert texts.split(given, 1, 0.1, 0.1, ()) == texts.split(given, 1, 0.1, 0.1, ())
    assert texts.split(given, 1, 0.1, 0.1, ()) != texts.split(given, 2, 0.1, 0.1, ())
    with pytest.raises(ValueError, match="a has too few passages"):
        texts.split({"a": ["One.", "Two.", "Three."]}, 0, 0.1, 0.1, ())
    with pytest.raises(ValueError, match="too few"):
        texts.split(given, 0, 0.3, 0.3, ())
