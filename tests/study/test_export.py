"""An export: every formula, what a student writes comes out as text, hostile texts come out as text, names are safe."""

import contextlib
import io
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from study.export import Chapter, Cover, What, ahead, file_name, materials, missing, to_html, to_pdf, to_zip
from study.export.book import LONGEST_ANSWER, LONGEST_NAME, RESERVED, chapters
from study.export.formulas import KEPT, Exhausted, TexError, formula, kept, teaches
from study.export.letters import lacking
from study.export.materials import MOST_EXHAUSTED
from study.export.text import figures, parse, prose
from study.export.typeset import string
from study.words import ROOT

COVER = Cover("张三", "20230001", "2026-11-27", "进阶题")
FORMULAS = Path(__file__).with_name("formulas.txt").read_text(encoding="utf-8").splitlines()
BROKEN = {r"\frac{a}{b", r"\unknowncmd{x}+1", r"\begin{matrix}1&2", '"quoted" @ref #hash / slash $ '}
each_lang = pytest.mark.parametrize("lang", ["zh", "en"])


def book(*texts: str) -> list[Chapter]:
    return [Chapter(f"q{i}", f"Question {i}", text) for i, text in enumerate(texts, 1)]


def text_of(pdf: bytes) -> str:
    """Its words without blanks, which a page sets as it likes."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"[\s\u200b]", "", "".join(page.extract_text() for page in pages))


def words_of(html: str) -> str:
    """What a reader of the file sees, without tags."""
    import html as escapes

    body = re.sub(r"<style>.*?</style>|<[^>]*>", "", html, flags=re.DOTALL)
    return re.sub(r"\s", "", escapes.unescape(body))


@pytest.mark.parametrize("display", [True, False], ids=["display", "inline"])
@pytest.mark.parametrize("tex", FORMULAS)
def test_a_formula_is_set_or_refused(tex, display):
    if tex in BROKEN:
        with pytest.raises(TexError):
            formula(tex, display)
        return
    drawn = formula(tex, display)
    assert drawn.svg.startswith("<svg") and "merror" not in drawn.svg
    assert 0 < drawn.height < 12 and 0 < drawn.width < 60 and -1 < drawn.depth < drawn.height


def test_a_formula_that_fails_is_shown_as_its_tex_and_told():
    result = to_pdf(COVER, book(r"See $\frac{a}{b$ and $$\unknowncmd{x}$$ and $x^2$."), "en")
    assert [(f.place, f.what) for f in result.failures] == [("q1", What.FORMULA)] * 2
    assert r"\frac{a}{b" in text_of(result.data) and r"\unknowncmd{x}" in text_of(result.data)
    page = to_html(COVER, book(r"See $\frac{a}{b$."), "en").data.decode()
    assert r'<code class="broken">\frac{a}{b</code>' in page


def test_formulas_share_no_macros_and_numbers():
    formula(r"\def\mine{x}\mine", False)
    with pytest.raises(TexError):
        formula(r"\mine", False)
    assert formula(r"a \label{one}", True).svg == formula(r"a  \label{one}", True).svg


@pytest.mark.parametrize(
    "tex",
    [r"\def\alpha{x}\alpha", r"\let\alpha\beta \alpha", r"\renewcommand{\alpha}{x}\alpha",
     r"\definecolor{red}{rgb}{0,1,0} x",
     r"\begin{equation} x \label{one} \end{equation}", r"x \tag{1}", r"\text{\def\alpha{x}}",
     r"\newenvironment{cases}{(}{)} x",
     r"\DeclareMathOperator{\sin}{tan} x", r"\mathtoolsset{multlined-width=1em} x"],
)  # fmt: skip
def test_what_a_formula_teaches_is_forgotten(tex):
    """formula() keeps its drawings: the next one differs by a space, which TeX does not see."""
    plain = [r"\alpha+\textcolor{red}{\sin x}", r"\begin{cases} a \\ b \end{cases}"]
    before = [formula(text, True).svg for text in plain]
    with contextlib.suppress(TexError):
        formula(tex, True)
    again = [text + " " * (1 + len(tex)) for text in plain]
    assert not any(map(teaches, again)) and teaches(tex)
    assert [formula(text, True).svg for text in again] == before


@pytest.mark.parametrize(
    "tex",
    [r"\def\a{\a\a}\a", r"\def\a#1{\a{#1#1}}\a{x}", "{" * 4000, "x" * 6000, r"\href{javascript:alert(1)}{x}",
     r"\input{/etc/passwd}", r"\includegraphics{/etc/passwd}", r"\require{html}", r"\style{color:red}{x}"],
)  # fmt: skip
def test_a_hostile_formula_is_refused_soon_and_the_next_one_is_set(tex):
    start = time.process_time()
    with pytest.raises(TexError):
        formula(tex, True)
    assert time.process_time() - start < 15
    assert formula("x+1", True).width > 1


def test_formulas_that_take_all_they_may_are_not_tried_without_end():
    asked: list[str] = []

    def refused(tex: str, display: bool):
        asked.append(tex)
        raise Exhausted("it took too long")

    endless = [rf"\def\a{{\a}}\a_{{{n}}}" for n in range(2 * MOST_EXHAUSTED)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(materials, "formula", refused)
        patch.setattr(ahead, "formula", refused)
        made = to_html(COVER, book(" ".join(f"${tex}$" for tex in endless)), "en")
    tried = set(asked)
    assert tried == set(endless[:MOST_EXHAUSTED])
    assert len(made.failures) == len(endless) and {failure.what for failure in made.failures} == {What.FORMULA}


def test_drawings_of_formulas_have_an_end_and_large_ones_are_not_kept(monkeypatch):
    large = "+".join(["x"] * 400)
    before = kept.cache_info().currsize
    assert len(formula(large, True).svg) > KEPT and formula(large, True) == formula(large, True)
    assert kept.cache_info().currsize == before
    formula("x_{1}+y_{2}", True)
    assert kept.cache_info().currsize == before + 1
    monkeypatch.setattr(materials, "MOST_DRAWN", 2 * KEPT)
    made = to_html(COVER, book("\n\n".join(f"$${n}+{large}$$" for n in range(9))), "en")
    assert 3 < len(made.failures) < 9 and len(made.data) < 9 * len(formula(large, True).svg)


def test_what_is_set_ahead_is_what_the_document_asks_for(monkeypatch):
    text = "One $x^2$ and $ y $.\n\n$$\na\n\nb\n$$\n\n`$(no)$`, inline $$z$$\n\n- $|w|$ \\$5"
    asked: set[tuple[str, bool]] = set()
    monkeypatch.setattr(materials, "formula", lambda tex, display: asked.add((tex, display)) or formula(tex, display))
    to_html(COVER, book(text), "en")
    assert len(asked) == 5 and asked <= set(ahead.formulas(book(text)))


MARKDOWN = """**注意力（Attention）**机制
下一行 *em* ~~out~~ `code`[^1] and $ x $ spaced, $$ y $$ inline.

- list right
- below
  1. nested

- [x] done
- [ ] open

| a | b |
|:-:|--:|
| one | two |

> quoted

```python
x = "<b>"
```

$$
a

b
$$

[^1]: the note [^1] itself
[^2]: an unused note
"""


@each_lang
def test_every_kind_of_markdown_comes_out(lang):
    result, page = to_pdf(COVER, book(MARKDOWN), lang), to_html(COVER, book(MARKDOWN), lang)
    assert result.failures == page.failures == []
    html = page.data.decode()
    for found in (text_of(result.data), words_of(html)):
        for part in ("注意力（Attention）机制下一行", "code", "listright", "nested", "done", "one", "two", "quoted",
                     'x="<b>"', "thenote", "anunusednote", "张三", "Question1"):  # fmt: skip
            assert part in found, part
        assert "**" not in found and "[x]" not in found
    assert "<strong>注意力（Attention）</strong>机制" in html and html.count("☑") == html.count("☐") == 1
    assert html.count("<img") == 3 and '<td class="right">two</td>' in html


HOSTILE = [
    '#read("/etc/passwd") #include "/etc/passwd" #sys.version $ #panic() $',
    '"); panic("out"); ("', "\\\"; #panic(1) //", "#{while true {}}", "@ref <label> = head \\u{41}", "`#panic()`",
    "```typst\n#panic()\n```", "[x](javascript:alert(1)) [y](data:text/html,x) [z](file:///etc/passwd)",
    "<script>alert(1)</script><img src=x onerror=alert(1)>", '![a](/etc/passwd) ![b](../../../etc/passwd)', '![c](http://x.test/a.png)',
    "![d](data:image/png;base64,AAAA)", "{{figure: ../../etc/passwd}} {{figure: os/system?x=1}}",
    "{{figure: t5_attention/__init__}}",
    '[^a]\n\n[^a]: self [^a] [^b]\n[^b]: other [^a]', "| a |\n|---|\n| #panic() |", "\u202eabc\x00\ud800\ufffe",
    "[[nothing]] [[query]]",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(text, tmp_path):
    chapters_ = [Chapter("q", f"# {text[:60]}", f"before {text}\n\nafter")]
    cover = Cover(text[:60], text[:60], text[:60], text[:60])
    result, page = to_pdf(cover, chapters_, "en", pictures=tmp_path), to_html(cover, chapters_, "en", pictures=tmp_path)
    assert all(f.what is not What.TYPESET for f in result.failures), result.failures
    found, html = text_of(result.data), page.data.decode("utf-8", "strict")
    assert "before" in found and "after" in found and "root:x:" not in found + html
    inside = html.partition("<body>")[2]
    assert not re.search(r"<(script|iframe|object|link|meta)\b", inside)
    assert not re.search(r"<[^>]*\son\w+=|(href|src)=\"(?!data:image/|#|https?:)", inside)
    with zipfile.ZipFile(io.BytesIO(to_zip(cover, chapters_, "en", pictures=tmp_path).data)) as archive:
        assert all(not name.startswith(("/", "..")) for name in archive.namelist())


def test_a_string_literal_ends_where_it_ends():
    assert string('a"b\\c\nd') == '"a\\"b\\\\c\\nd"'


@pytest.mark.parametrize(
    "unit", ["*", "[", "![[", "> ", "- ", "`", "$", "$$", "{{figure: ", "<", "_a_ *b* ", "[a](", "a**b", "[^a]"]
)
def test_no_text_takes_long_to_read(unit):
    start = time.process_time()
    parse(unit * (30_000 // len(unit)))
    assert time.process_time() - start < 10


def test_a_long_answer_is_cut_and_told_and_a_deep_one_is_set():
    long = to_html(COVER, book("word " * (LONGEST_ANSWER // 4)), "en")
    assert [f.what for f in long.failures] == [What.LONG]
    deep = to_pdf(COVER, book("> " * 500 + "deep\n\n" + "*a **b " * 300, "x" * 5000), "en")
    assert deep.failures == [] and "xxxx" in text_of(deep.data)


def test_pictures_come_from_the_students_folder_only(tmp_path):
    folder, outside = tmp_path / "mine", tmp_path / "secret.png"
    folder.mkdir()
    Image.new("RGB", (40, 20), "red").save(outside)
    Image.new("RGB", (40, 20), "red").save(folder / "ok.png")
    (folder / "link.png").symlink_to(outside)
    (folder / "text.png").write_text("no picture")
    (folder / "draw.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    names = [
        "ok.png",
        "link.png",
        "../secret.png",
        "text.png",
        "draw.svg",
        "none.png",
        str(outside),
        "%2e%2e/secret.png",
    ]
    text = "\n\n".join(f"![alt{i}]({name})" for i, name in enumerate(names))
    for result in (to_pdf(COVER, book(text), "zh", pictures=folder), to_html(COVER, book(text), "zh", pictures=folder)):
        assert [f.what for f in result.failures] == [What.IMAGE] * (len(names) - 1)
    packed = to_zip(COVER, book(text), "zh", pictures=folder)
    with zipfile.ZipFile(io.BytesIO(packed.data)) as archive:
        assert [n for n in archive.namelist() if not n.endswith(".md")] == ["ok.png"]
    without = to_pdf(COVER, book("![a](ok.png)"), "zh")
    assert [f.what for f in without.failures] == [What.IMAGE]


def test_letters_that_no_font_has_are_told():
    assert lacking("abc 注意力 é ψ Ж 😀 → ½ ≤ 𝛼") == [] or lacking("abc 注意力 é ψ Ж 😀") == []
    assert lacking("a\U00013000b\U00013000") == ["\U00013000"]  # an Egyptian hieroglyph, once
    told = to_pdf(COVER, book("a \U00013000"), "zh").failures
    assert [(f.what, f.detail) for f in told] == [(What.LETTER, "\U00013000")]


def test_figures_are_drawn_with_their_values_or_told():
    names = ["t5_attention/scaling?d_k=128", "T5/scaling?preset=large&nothing=1", "t5_attention/none", "nowhere/x"]
    names.append("t5_attention/scaling?d_k=abc")
    text = "\n\n".join([*(f"{{{{figure: {name}}}}}" for name in names), "`{{figure: t5_attention/scaling}}`"])
    assert len(figures(text)) == 5
    result = to_pdf(COVER, book(text), "en")
    assert [f.what for f in result.failures] == [What.VALUE, What.FIGURE, What.FIGURE, What.VALUE]
    assert "nothing" in result.failures[0].detail and "step_by_step" in result.failures[1].detail
    page = to_html(COVER, book(text), "en").data.decode()
    assert page.count("<figure>") == 3 and page.count('class="absent"') == 2


@given(st.lists(st.text(min_size=0, max_size=60), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_the_html_and_its_words_stay(lines):
    text = "\n\n".join(lines)
    page = to_html(COVER, book(f"begin {text}"), "en").data.decode("utf-8", "strict")
    found = words_of(page)
    for line in prose(f"begin {text}").splitlines():
        plain = re.sub(r"\s|\[[ xX]\]", "", line)
        assert plain in found or "[" in text, plain


@given(st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Z", "Cc"]), max_size=200))
@settings(max_examples=25, deadline=None)
def test_no_text_breaks_the_pdf(text):
    result = to_pdf(COVER, book(f"begin {text}"), "en")
    assert all(f.what is not What.TYPESET for f in result.failures), result.failures
    assert "begin" in text_of(result.data)


@given(
    st.lists(st.sampled_from(["attention", "weights", "注意力", "权重", "Query", "softmax"]), min_size=1, max_size=40)
)
@settings(max_examples=15, deadline=None)
def test_prose_stands_in_the_pdf(words):
    text = " ".join(words)
    assert text.replace(" ", "") in text_of(to_pdf(COVER, book(text), "zh").data).replace("-", "")


@given(st.text(max_size=150), st.text(max_size=150))
def test_names_of_files_are_safe_everywhere(name, number):
    made = file_name(name, number, "进阶题")
    assert 5 <= len(made) <= LONGEST_NAME and made.endswith(".pdf")
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff\U0001f000-\U0001faff]', made)
    stem = made.removesuffix(".pdf")
    assert stem == stem.strip(" .") and not RESERVED.fullmatch(stem)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("张三", "2023001", "进阶题"), "张三-2023001-进阶题.pdf"),
        (("O'Neil/../x", "1", "t"), "O_Neil_.._x-1-t.pdf"),
        (("😀", "", ""), "answers.pdf"),
        (("CON", "", ""), "_CON.pdf"),
        (("", "7", "进阶题"), "7-进阶题.pdf"),
        (("长" * 200, "2023001", "进阶题"), "长" * 84 + "-2023001-进阶题.pdf"),
    ],
)
def test_a_name_of_a_file(parts, expected):
    assert file_name(*parts) == expected


def test_what_is_missing_and_in_which_order_answers_stand():
    answers, questions = {"b": "x", "a": " \n", "z": "extra"}, {"a": "A", "b": "B", "c": "C"}
    assert missing(answers, questions) == ["a", "c"]
    assert [(c.place, c.title) for c in chapters(answers, questions)] == [("b", "B"), ("z", "z")]


def test_progress_is_told_in_order():
    told = []
    to_pdf(COVER, book("a", "b"), "en", progress=lambda share, place: told.append((share, place)))
    assert [place for _, place in told] == ["Question 1", "Question 2", "", ""]
    assert [share for share, _ in told] == sorted(share for share, _ in told) and told[-1][0] == 1


def test_the_outline_of_the_pdf_has_the_questions_and_the_contents_name_them():
    chapters = [Chapter("a", "T5 注意力", "text\n\n## A heading"), Chapter("b", "Reading the source", "more")]
    reader = PdfReader(io.BytesIO(to_pdf(COVER, chapters, "en").data))
    assert [entry["/Title"] for entry in reader.outline if not isinstance(entry, list)] == [
        "T5 注意力",
        "Reading the source",
    ]
    contents = re.sub(r"\s", "", reader.pages[1].extract_text())
    assert "T5注意力" in contents and "Readingthesource" in contents


def test_the_libraries_are_imported_when_they_are_used():
    code = (
        "import sys, study.export, study.own_words, study.export.handout, study.export.typeset, study.export.web\n"
        "heavy = {'typst', 'quickjs', 'markdown_it', 'mdit_py_plugins', 'PIL', 'torch', 'streamlit', 'plotly'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
