"""No text has marks that a page would show: of Markdown, of LaTeX, of yaml, of the other language."""

import re

import pytest
from markdown_it import MarkdownIt

from study.notes import Lesson, home_text
from study.words import NOTES, ROOT, FlawedText, app_words, leaves, parse
from tests.house import shown, sources
from tests.latex import commands, complaints, formulas
from tests.lessons import STEMS, each_language, each_lesson, every_text


def literal_marks(markdown: str) -> list[str]:
    """Pieces of text in which CommonMark, as Streamlit reads it, leaves ** or $ standing, or makes bold of bold.

    The last is what becomes of `**注意力（Attention）**把` where another ** follows: it opens a second time.
    """
    prose = re.sub(r"\$\$.+?\$\$|\$[^$\n]+\$", "x", markdown, flags=re.DOTALL)
    blocks = [block.children or [] for block in MarkdownIt("commonmark").enable("table").parse(prose)]
    found = [t.content for block in blocks for t in block if t.type == "text" and re.search(r"\*\*|\$", t.content)]
    for block in blocks:
        depth = 0
        for n, token in enumerate(block):
            depth += {"strong_open": 1, "strong_close": -1}.get(token.type, 0)
            if token.type == "strong_open" and depth > 1:
                found.append("bold in bold: **" + next((t.content for t in block[n:] if t.content), ""))
    return found


@each_language
@each_lesson
def test_markdown_that_streamlit_would_leave_literal(lesson, lang):
    texts = {place: text for place, text in every_text(lesson, lang).items() if not place.endswith(".code")}
    for place, text in texts.items():
        assert not literal_marks(text), f"{place}: {literal_marks(text)}"
        assert not re.search(r"\\(label|eqref|ce|href|newcommand)\b|\\\(|\\\[", text), f"{place}: not for Streamlit"


@each_language
def test_the_app_s_own_markdown(lang):
    for path, text in [("home.md", home_text(lang)), *leaves(app_words(lang).texts)]:
        assert not literal_marks(text), f"{lang}: {path}: {literal_marks(text)}"
        assert not any(map(complaints, formulas(text))), f"{lang}: {path}"


def test_the_check_for_literal_marks_finds_them():
    assert literal_marks("**注意力（Attention）**机制") and literal_marks("costs $5")
    assert literal_marks("把**标签平滑（label smoothing）**把目标变软，**交叉熵**随之改变。")
    assert not literal_marks("**注意力**（Attention）机制 $x$，**一**与**二**")


@each_language
@each_lesson
def test_katex_can_read_every_formula(lesson, lang):
    for place, text in every_text(lesson, lang).items():
        for formula in formulas(text):
            assert not complaints(formula), f"{place}: {', '.join(complaints(formula))}, in ${formula.strip()}$"


@pytest.mark.parametrize(
    ("formula", "complaint"),
    [
        (r"\opratorname{softmax}", r"KaTeX knows no \opratorname"),
        (r"\href{x}{y}", r"KaTeX knows no \href"),
        (r"\frac{a}{b", "{ is not closed"),
        (r"\sqrt{a}}", "a } too many"),
        (r"\left( \frac{1}{2}", r"\left is not closed"),
        (r"\left( x \right", r"\right without a delimiter behind it"),
        (r"x \right)", r"\right without its \left"),
        (r"\begin{cases} 1 & 2 \\ 3 & 4", r"\begin{cases} is not closed"),
        (r"{\begin{matrix} 1 } \end{matrix}", "a } too many"),
        (r"\begin{matrx} 1 \end{matrx}", r"\begin without one of"),
        (r"a & b", r"an & outside of \begin"),
        (r"50%", "a bare % begins a comment"),
        (r"x_{}^{2} + y_", "an empty index or power"),
    ],
)
def test_what_katex_cannot_read(formula, complaint):
    assert any(text.startswith(complaint) for text in complaints(formula)), complaints(formula)


def test_what_katex_can_read():
    assert {"frac", "operatorname", "textcolor", "lVert"} <= commands()
    assert formulas("a $x$ costs, `$y$`\n$$\nz\n$$") == ["x", "\nz\n"]
    fine = r"\left\{ x_{i_j}^2 \right. \begin{cases} a & \text{50% of } b \\ \{c\} & 5\,\% \end{cases} \big| \|v\|"
    assert not complaints(fine)


#: Between a number and its per cent sign: neither a space nor a thin one, in prose, formulas and what code prints.
SPACED_PER_CENT = re.compile(r"[\d}](?:[ \u00a0\u2009\u202f]|\\[,; ])\\?%(?![{\w])")


def test_a_percentage_is_written_in_one_way():
    ours = [*NOTES.rglob("*.*"), *sources("models/**/*.py", "pages/**/*.py", "study/**/*.py")]
    ours += [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("models/checkpoints/*/*.md")]
    found = [f"{shown(path)}: {hit[0]!r}" for path in ours for hit in SPACED_PER_CENT.finditer(path.read_text("utf-8"))]
    assert not found, f"25%, in both languages, and 25\\% in a formula: {found}"


def test_a_spaced_per_cent_sign_is_found():
    for text in ("25 %", "25\u202f%", r"$25\,\%$", "{share} % of", "{x:.1f} %"):
        assert SPACED_PER_CENT.search(text), text
    for text in ("25%", r"$25\%$", "{share}%", "n % 2", "(%)", "right answers in %", "{title} %{x}"):
        assert not SPACED_PER_CENT.search(text), text


def without_chinese(texts, path: str) -> list[str]:
    """The texts of several English words and no Chinese one, each with its path."""
    named = [(place, text) for place, text in leaves(texts) if isinstance(text, str)]
    bare = [(place, text, re.sub(r"\$[^$]*\$|`[^`]*`|\{\w+\}", "", text)) for place, text in named]
    words = [(place, text) for place, text, prose in bare if len(re.findall(r"[A-Za-z]{3,}", prose)) >= 5]
    ours = [(place, text) for place, text in words if place.split(".")[-1] not in ("language", "source", "code")]
    return [f"{path}: {place}: {text!r}" for place, text in ours if not re.search(r"[\u4e00-\u9fff]", text)]


@pytest.mark.parametrize("stem", ["app", *STEMS], ids=lambda stem: f"zh-{stem}")
def test_no_english_of_ours_in_chinese_labels(stem):
    """A Chinese label is Chinese, unless it is a name or a formula."""
    texts = app_words("zh").texts if stem == "app" else Lesson(stem).words("zh").texts
    assert not without_chinese(texts, f"zh/{stem}.yaml")


def test_no_english_title_in_the_chinese_yaml():
    title = {"demos": {"gap": {"title": "How far the loss of a sure model stays", "look_for": "看 $a$ 与 `b`"}}}
    assert without_chinese(title, "x") == ["x: demos.gap.title: 'How far the loss of a sure model stays'"]


def test_digits_are_grouped_in_english_only():
    """A page hands over the number; the text of a language says how its digits are grouped: {n:,} or {n}."""
    python = sources("pages/**/*.py", "study/**/*.py")
    assert python and [shown(path) for path in python if ":,}" in path.read_text(encoding="utf-8")] == []
    told = {lang: app_words(lang)("labels.whole", n=67000) for lang in ("zh", "en")}
    assert told == {"zh": "67000", "en": "67,000"}
    chinese = [app_words("zh").texts, *(Lesson(stem).words("zh").texts for stem in STEMS)]
    assert [text for texts in chinese for _, text in leaves(texts) if re.search(r":,\}", str(text))] == []


@pytest.mark.parametrize("letter", ["v", "t", "b", "f", "r"])
def test_control_characters_in_texts_are_an_error(letter):
    with pytest.raises(FlawedText, match=r"^en/x\.yaml: a\.0: has the control character U\+00\w\w.*single quotes"):
        parse(f'a: ["$\\{letter}arepsilon$"]', "en/x.yaml")
    assert parse(f"a: ['$\\{letter}arepsilon$', \"$\\\\{letter}$\"]", "en/x.yaml")
