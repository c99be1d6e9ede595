"""LaTeX -> SVG, offline: MathJax 3 from a package of static files, run by QuickJS.

MathJax sets what KaTeX on the page sets, and its answer is a drawing: the same in the PDF and in the HTML.
"""

import functools
import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import files
from typing import Any

from study.markdown import role_colors
from study.memo import memo

EX = 0.442  # em: MathJax's ex in units of the text around it
LINE = 43.0  # em: the width of a line, which a formula with \tag asks for
LONGEST, LARGEST, KEPT = 5000, 2_000_000, 64_000  # characters of a formula, of its drawing, of one that is kept
SECONDS, MEMORY, STACK = 3.0, 256 << 20, 4 << 20  # what one formula may take
THREAD_STACK = 16 << 20  # Windows gives a thread 1 MB: less than QuickJS's own limit, and it would crash there
PACKAGE, FOLDER = "django-static-mathjax", "mathjax/static/mathjax/es5/"
PARTS = ("loader", "core", "adaptors/liteDOM", "input/tex-full", "output/svg", "output/svg/fonts/tex")
#: One reader of TeX for all formulas that teach it nothing; each other one (alone) has its own, so that macros, labels
#: and tags of one do not leak into the next. (Objects of its own for each took half the time of a book.) What loads
#: files or makes HTML is left out; JSON, as a result that is a rope of strings comes out of QuickJS whole only so.
GLUE = r"""(() => {
  const _ = MathJax._, adaptor = _.adaptors.liteAdaptor.liteAdaptor();
  _.handlers.html_ts.RegisterHTMLHandler(adaptor);
  const out = new Set(["require", "autoload", "noerrors", "noundefined", "html"]);
  const packages = _.input.tex.AllPackages.AllPackages.filter((name) => !out.has(name));
  const macros = { bm: ["\\boldsymbol{#1}", 1] };
  const formatError = (jax, error) => { throw error; };
  const begin = () => {
    const tex = new _.input.tex_ts.TeX({ packages, macros, formatError });
    const svg = new _.output.svg_ts.SVG({ fontCache: "none", font: new _.output.svg.fonts.tex_ts.TeXFont() });
    return _.mathjax.mathjax.document("", { InputJax: tex, OutputJax: svg });
  };
  let page;
  globalThis.tex2svg = (source, display, alone) => {
    const own = alone || !page ? begin() : page;
    page = undefined;  // one that throws is not used again
    try {
      const drawn = own.convert(source, { display, em: 16, ex: 8, containerWidth: 1280 });
      if (!alone) page = own;
      return JSON.stringify({ svg: adaptor.innerHTML(drawn) });
    } catch (error) { return JSON.stringify({ error: String(error.message || error) }); }
  };
})()"""
#: Commands that teach nothing; a formula with any other one has a reader of TeX of its own. So an unknown command that
#: does teach something costs time and leaks nothing.
HARMLESS = frozenset(
    re.findall(
        r"\w+",
        """
    frac dfrac tfrac sqrt sum prod int oint lim max min arg exp log ln sin cos tan tanh det dim sup inf Pr
    left right big Big bigg Bigg bigl bigr Bigl Bigr middle langle rangle lvert rvert lVert rVert lfloor rfloor lceil
    rceil vert Vert mid parallel top bot perp
    text mathrm mathbf mathit mathbb mathcal mathsf mathtt mathfrak boldsymbol bm operatorname textbf textit textrm
    texttt textcolor color hat tilde bar vec dot ddot widehat widetilde overline underline overbrace underbrace
    overset underset stackrel underbracket substack
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho
    sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    cdot cdots ldots dots vdots ddots times div pm mp ast star circ bullet oplus otimes odot
    le leq ge geq ne neq approx equiv sim simeq propto ll gg in notin ni subset subseteq supset cup cap setminus
    emptyset varnothing to gets rightarrow leftarrow Rightarrow Leftarrow leftrightarrow Leftrightarrow mapsto
    longrightarrow uparrow downarrow implies iff forall exists neg lnot land lor wedge vee
    partial nabla infty ell hbar Re Im prime quad qquad limits nolimits displaystyle textstyle scriptstyle
    begin end hline cases matrix pmatrix bmatrix vmatrix aligned
    """,
    )
)
COMMAND = re.compile(r"\\([A-Za-z]+)")
#: Environments that number nothing.
BEGUN = re.compile(r"\\begin\s*\{(?!(?:cases|[pbvBV]?matrix|smallmatrix|aligned|array|split|gathered)\})")


#: MathJax keeps these rules in a page's style sheet: without them \hline cannot be seen, and \boxed is a black box.
STYLE = (
    "<style>line[data-line],rect[data-frame]{stroke-width:70px;fill:none}.mjx-dashed{stroke-dasharray:140}"
    ".mjx-dotted{stroke-linecap:round;stroke-dasharray:0,140}</style>"
)
STYLED = re.compile(r"data-line|data-frame|mjx-(dashed|dotted)")
CHINESE_FONT = "Noto Serif SC, Songti SC, SimSun, serif"


class TexError(ValueError):
    """A formula that cannot be set; says why."""


class Exhausted(TexError):
    """One that took more time, memory or stack than it may."""


@dataclass(frozen=True)
class Formula:
    """A drawing, in black. width, height and depth (below the line of the text) in em of the text around it."""

    svg: str
    width: float
    height: float
    depth: float


class _Large(Exception):
    """A drawing that is not kept, as thousands of its kind would fill the memory."""

    def __init__(self, drawn: Formula):
        super().__init__(len(drawn.svg))
        self.drawn = drawn


def formula(tex: str, display: bool) -> Formula:
    """The drawing of a formula, between $ or $$. Raises TexError."""
    try:
        return kept(tex, display)
    except _Large as large:
        return large.drawn


@memo(size=4096)
def kept(tex: str, display: bool) -> Formula:
    """The drawing, from the last time where it was asked for before. Raises _Large, TexError."""
    drawn = _drawn(tex, display)
    if len(drawn.svg) > KEPT:
        raise _Large(drawn)
    return drawn


def _drawn(tex: str, display: bool) -> Formula:
    if len(tex) > LONGEST:
        raise TexError(f"{len(tex)} > {LONGEST}")
    answer = _engine().ask(role_colors(tex, "light"), display)
    if "broke" in answer:
        raise Exhausted(answer["broke"])
    if "error" in answer:
        raise TexError(answer["error"])
    if len(answer["svg"]) > LARGEST:
        raise TexError(f"{len(answer['svg'])} > {LARGEST}")
    return _measured(answer["svg"])


def teaches(tex: str) -> bool:
    """May this formula leave something behind, a macro, a label, a number?"""
    return not HARMLESS.issuperset(COMMAND.findall(tex)) or bool(BEGUN.search(tex))


def _measured(svg: str) -> Formula:
    """MathJax writes the size in ex, or 100% of the line with the height in ex where there is a \\tag."""
    # One <text> a Chinese character, 0.884 of the size that the width was reckoned with
    svg = svg.replace('font-family="serif"', f'font-family="{CHINESE_FONT}"').replace('"884px"', '"1000px"')
    svg = svg.replace("currentColor", "black")
    height = float(re.search(r' height="([\d.]+)ex"', svg)[1]) * EX
    depth = re.search(r"vertical-align: (-?[\d.]+)ex", svg)
    width = re.search(r' width="([\d.]+)(ex|%)"', svg)
    wide = float(width[1]) * EX
    if width[2] == "%":
        wide, units = LINE, 1000 / 16  # of the drawing's inner coordinate system, per em
        box = f' width="{wide * units:.2f}" height="{height * units:.2f}" viewBox="0 0 {wide * units:.2f} '
        outer = re.search(r' width="[\d.]+%" height="[\d.]+ex"', svg)[0]
        svg = svg.replace(outer, f'{box}{height * units:.2f}"', 1)
    if STYLED.search(svg):
        svg = svg.replace(">", f">{STYLE}", 1)
    return Formula(svg, wide, height, -float(depth[1]) * EX if depth else 0.0)


class _Engine:
    """MathJax in a thread of its own, started anew when a formula broke it."""

    def __init__(self) -> None:
        before = threading.stack_size(THREAD_STACK)
        try:
            self.thread = ThreadPoolExecutor(1, "formulas")
            self.thread.submit(self._load).result()
        finally:
            threading.stack_size(before)

    def ask(self, tex: str, display: bool) -> dict[str, Any]:
        return self.thread.submit(self._ask, tex, display).result()

    def _ask(self, tex: str, display: bool) -> dict[str, Any]:
        try:
            return json.loads(self.run(f"tex2svg({', '.join(map(json.dumps, (tex, display, teaches(tex))))})"))
        except Exception as error:  # out of memory, of stack, of time, in forms that differ by engine
            self._load()
            return {"broke": f"{type(error).__name__}: {error}"}

    def _load(self) -> None:
        self.run = _context()
        found = {file.as_posix(): file for file in files(PACKAGE)}
        self.run("var MathJax = {};")
        for part in PARTS:
            self.run(found[f"{FOLDER}{part}.js"].locate().read_text("utf-8"))
        self.run(GLUE)


def _context() -> Callable[[str], Any]:
    """A JavaScript engine with limits: source -> its value."""
    try:
        import quickjs
    except ImportError:  # it has no wheel for Macs with an Intel processor
        from py_mini_racer import MiniRacer

        racer = MiniRacer()
        return lambda source: racer.eval(source, timeout_sec=10 * SECONDS, max_memory=MEMORY)
    context = quickjs.Context()
    context.set_max_stack_size(STACK)
    context.set_memory_limit(MEMORY)
    context.set_time_limit(SECONDS)
    return context.eval


_starting = threading.Lock()


def _engine() -> _Engine:
    with _starting:
        return _once()


@functools.cache
def _once() -> _Engine:
    return _Engine()
