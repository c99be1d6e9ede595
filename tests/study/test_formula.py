"""Formulas that HTML sets without KaTeX: what is written, and that no sign of a note's formulas is lost."""

import html as entities
import re

import pytest

from study.formula import html, in_html
from study.markdown import noted
from study.notes import lessons
from study.words import ROOT, languages
from tests.latex import formulas

#: What a command is called, and what stands on the page in its place.
NAMES = (
    r"\times \cdot \approx \in \le \ge \to \pm \infty \dots \sqrt \alpha \beta \gamma \delta \varepsilon "
    r"\lambda \mu \pi \rho \sigma \tau \omega \ell \Delta \Pi \Phi"
)
SIGNS = dict(zip(NAMES.split(), "×·≈∈≤≥→±∞…√αβγδελμπρστωℓΔΠΦ", strict=True))
NOT_PROSE = re.compile(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$|^<!--.*?-->$", re.DOTALL | re.MULTILINE)
OURS = re.compile(r'</?(?:var|i|b|s|u|sub|sup)(?: class="r")?>')


def nothing_drawn(tex: str, display: bool) -> str:
    return ""


def signs_of(latex: str) -> list[str]:
    """The letters, digits and signs of a formula, in no order: an index beside a power changes places with it."""
    latex = re.sub(r"\\[a-zA-Z]+", lambda m: SIGNS.get(m[0], m[0]), latex.replace(r"\%", "%"))
    latex = re.sub(r"\\(?:text|mathsf|mathrm|operatorname)(?![a-zA-Z])", "", latex).replace("-", "−")
    latex = re.sub(r"\\(ln|log|exp|max|min|sin|cos|tanh)(?![a-zA-Z])", r"\1", latex)
    return sorted(re.sub(r"\\[,; ]|[{}_^\s]", "", latex))


@pytest.mark.parametrize(
    "latex, shown",
    [
        ("q", "<i>q</i>"),
        ("d_k", "<i>d</i><sub>k</sub>"),
        (r"d_{\text{model}}", '<i>d</i><sub class="r">model</sub>'),
        ("n^2", "<i>n</i><sup>2</sup>"),
        (r"T\times d_k", "<var><i>T\u200a</i>\u00a0×\u00a0<i>d</i><sub>k</sub></var>"),
        ("-7", "<var>−7</var>"),
        ("a-b", "<var><i>a</i>\u00a0−\u00a0<i>b</i></var>"),
        ("x_{-1}", '<i>x</i><sub class="r">−1</sub>'),
        ("(2,0)", "<var>(2,\u202f0)</var>"),
        (r"QK^{\mathsf T}", "<var><i>QK</i><sup><b>T</b></sup></var>"),
        ("W_i^Q", "<var><i>W</i><s><sup><i>Q</i></sup><sub>i</sub></s></var>"),
        (r"\sqrt{d_k}", "<var>√<u><i>d</i><sub>k</sub></u></var>"),
        (r"\sqrt{5\cdot5}", "<var>√<u>5\u00a0·\u00a05</u></var>"),
        (r"\operatorname{LayerNorm}(x)", "<var>LayerNorm(<i>x</i>)</var>"),
        (r"\log p", "<var>log\u202f<i>p</i></var>"),
        ("a<b", "<var><i>a</i>\u00a0&lt;\u00a0<i>b</i></var>"),
        (r"15\%", "<var>15%</var>"),
    ],
)
def test_what_html_sets(latex, shown):
    assert html(latex) == shown


def test_a_long_formula_may_be_broken_behind_relations_and_sums_outside_of_parentheses():
    assert html("q=x_1W_Q=(2,2,0,0)").count("=</var> ") == 2
    assert OURS.sub("", html(r"(10+4)\cdot4+2\cdot4-1=63")).split(" ") == [
        "(10\xa0+\xa04)\xa0·\xa04\xa0+",
        "2\xa0·\xa04\xa0−",
        "1\xa0=",
        "63",
    ]
    assert " " not in html("S=T") + html(r"\operatorname{LayerNorm}(x+\operatorname{Sublayer}(x))")


BEYOND = r"""^2 _k a_ a^ {a a} \sqrt \frac12 \hat{x} \sum_i \mathbb{R} x_i_j x^2^3 x_{i_j} x^{2 \text{a \text{\b}
x_\text |x| a&b \left(x\right) \textcolor{red}{x} x' x^12 \nothing 你 \ \sqrt[4]{x} &lt; \unknown{<script>}"""


@pytest.mark.parametrize("latex", ["", " ", *BEYOND.split()])
def test_what_stays_with_katex(latex):
    assert html(latex) == ""


def test_tags_in_a_formula_are_relations_and_letters():
    assert entities.unescape(OURS.sub("", html("<b>x</b>"))).replace("\u00a0", "").replace(" ", "") == "<b>x</b>"


@pytest.mark.parametrize(
    "text", ["<script>", "a<i>b", "*a*_b_", "[x](y)", "a|b", ":red[x]", "`c`", "#", "~~a~~", "&lt;"]
)
def test_a_text_in_a_formula_is_neither_html_nor_markdown(text):
    shown = html(rf"\text{{{text}}}")
    assert entities.unescape(OURS.sub("", shown)) == text
    assert not re.search(r"[*_\[\]|:~`]|<(?!/?(?:var|i|b|s|u|sub|sup)\b)", re.sub(r"&#?\w+;", "", shown))


@pytest.mark.parametrize("lang", languages())
def test_no_sign_of_a_formula_is_lost_and_most_need_no_katex(lang):
    inline = [
        f
        for path in sorted((ROOT / "notes" / lang).glob("*.md"))
        for f in formulas(re.sub(r"\$\$.*?\$\$", "", path.read_text(encoding="utf-8"), flags=re.DOTALL))
    ]
    by_html = [f for f in inline if html(f)]
    for formula in by_html:
        shown = entities.unescape(OURS.sub("", html(formula)))
        assert sorted(re.sub(r"\s", "", shown)) == signs_of(formula), formula
    assert len(by_html) > 0.9 * len(inline) > 900


@pytest.mark.parametrize("lang", languages())
def test_a_note_has_no_html_of_its_own(lang):
    """Its pages read HTML: what stands there is what formulas became."""
    for lesson in lessons:
        for heading, body in lesson.sections(lang):
            prose = re.sub(
                r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$|^<!--.*?-->$", "", body, flags=re.DOTALL | re.MULTILINE
            )
            assert not re.search(r"<[a-zA-Z/!?]|&#?\w+;", prose), f"{lesson.stem}, {heading}"


def test_code_and_displayed_formulas_are_left():
    assert in_html("`$d_k$` $$d_k$$ $d_k$") == "`$d_k$` $$d_k$$ <i>d</i><sub>k</sub>"
    assert noted("d_k, $x$。", "light", nothing_drawn) == "<i>d</i><sub>k</sub>, <i>x</i>。"
    assert noted(r"$\hat x$。", "light", nothing_drawn) == "$\\hat x\\text{。}$\u200b"


def test_what_is_drawn_stands_in_place_of_what_html_does_not_set_in_the_colours_of_the_theme():
    drawn = noted("$x$ `$\\hat x$` $\\hat x$, $$ \\textcolor{royalblue}{\\hat Q} $$", "dark", "<{}|{}>".format)
    assert drawn == r"<i>x</i> `$\hat x$` <\hat x|False>, <\textcolor{#60A5FA}{\hat Q}|True>"
