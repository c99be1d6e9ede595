"""The numbers of the notes and of the texts of their demos and quizzes, with what stands behind them, computed again.

0.68<!-- = real_heads(layer=3, head=1).this_cell -->   a result or claim of a demo with these controls
0.68<!-- = real_heads("finds").this_cell -->           the same, by the name of a preset
32<!-- = fact.heads_on_cls -->                         tests/facts/<stem>.py: heads_on_cls()
1.5<!-- = 3 / 2 -->                                    arithmetic, also of the above
50<!-- = race().ratio ± 10 -->                         told roughly, within so much
25.8<!-- from: Table 3 -->                             a paper's

In a yaml file the same, inside a string in double quotes, so that a preset's name has single ones.
"""

import ast
import functools
import importlib
import math
import operator
import re
from dataclasses import dataclass

import yaml

from study.demo import STEP, demos
from study.notes import Lesson
from study.words import NOTES, SOURCE, leaves, text

#: A number as it is written, its unit, and the comment right behind it.
TOLD = re.compile(r"(?P<number>[−-]?\d[\d,]*(?:\.\d+)?)(?P<unit>[  ]?%)?\**" + SOURCE.pattern)
#: What is no text: formulas, code, targets of links, places of papers, years, versions, names that have a number.
SKIPPED = re.compile(
    r"\$\$.*?\$\$|\$[^$\n]+\$|```.*?```|`[^`\n]*`|\]\([^)]*\)|§\s*[\d.]+|"
    r"(?:Tables?|Figures?|eq\.|Eq\.|表|图|式|arXiv|v|L|H|python|PyTorch|torch|PEP)[\s(（]*\d[\d.]*",
    re.DOTALL,
)
#: A number that comes from somewhere: it has decimals, or is a share.
MEASURED = re.compile(r"(?<![\w.])[−-]?\d[\d,]*(?:\.\d+[  ]?%?|[  ]?%)(?![\w.]*\d)")
#: A whole number of three digits or more, in Chinese also one that counts in 万 or 亿.
WHOLE = re.compile(r"(?<![\w.,/·^~£+−-])(?:\d{1,3}(?:,\d{3})+|\d{3,}|\d+(?= ?[万亿]))(?![\w·^%]|[.,]\d| ?%)", re.ASCII)
#: Whole numbers that name something: years, the top of a scale of 100, and sizes by which a model is known (Vaswani et
#: al., §3, §5.1; Devlin et al., §3; 384: the local BERT): widths, positions, entries, millions of parameters.
#: 180, 360: degrees.
NAMES = re.compile(r"19[5-9]\d|20[0-2]\d|100|384|512|768|1,?024|2,?048|3,?072|10,?000|30,?522|37,?000|110|340|180|360")
#: Where a paper says it: a whole number in the same sentence or row of a table is the paper's.
PLACED = re.compile(r"§|\b(?:Tables?|Figures?|[Aa]ppendix|footnote|arXiv)\b|[表图] ?\d|附录|脚注|\b[A-C]\.\d")
SENTENCE = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])|\n+")
#: The texts of a yaml file in which numbers are told; elsewhere they name, ask or are offered as answers.
TELLS = re.compile(r"\b(?:look_for|looks\.\w+|notices\.\w+|series\.\w+_answer|because|points\.\d+|interview\.answer)$")
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
             ast.Pow: operator.pow}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A number of a note. text: as it is written; source: the expression behind "=", or the place behind "from:"."""

    text: str
    share: bool
    kind: str
    source: str

    @property
    def value(self) -> float:
        return float(self.text.replace(",", "").replace("−", "-")) / (100 if self.share else 1)

    @property
    def slack(self) -> float:
        """Half a unit of the last digit that is printed, or what stands behind ±."""
        if "±" in self.source:
            return float(self.source.partition("±")[2])
        decimals = len(self.text.partition(".")[2])
        return 0.5 * 10**-decimals / (100 if self.share else 1)


def bodies(lesson: Lesson, lang: str) -> list[tuple[str, str]]:
    """(where it stands, the text with its sources) of all sections of the note and of all texts that tell numbers."""
    labels = [(path, said) for path, said in leaves(_texts(lesson.stem, lang)) if TELLS.search(path)]
    return [*lesson.sections(lang, sourced=True), *labels]


def asked(lesson: Lesson, lang: str, path: str) -> str:
    """The question of the quiz item to which a text belongs: its numbers are given; "" for other texts."""
    return _texts(lesson.stem, lang)["quiz"][int(path.split(".")[1])]["ask"] if path.startswith("quiz.") else ""


@functools.lru_cache(maxsize=8)
def _texts(stem: str, lang: str) -> dict:
    """The lesson's yaml with the sources of its numbers, which `study.words` takes out."""
    return yaml.safe_load(text(NOTES / lang / f"{stem}.yaml"))


def told(body: str) -> list[Told]:
    """The numbers of a text that have a source, in order."""
    found = TOLD.finditer(body)
    return [Told(m["number"], bool(m["unit"]), "=" if m[3] == "=" else "from", m[4]) for m in found]


def bare(body: str, given: str = "") -> list[str]:
    """The numbers with decimals, in per cent or large that have no source, each with what stands around it.

    given: a text whose numbers need none.
    """
    shown = SKIPPED.sub(" ", TOLD.sub(" ", body))
    found = [m for m in MEASURED.finditer(shown) if m[0].strip("−- \u00a0") not in given]
    return [shown[max(m.start() - 30, 0) : m.end() + 15].replace("\n", " ") for m in found] + bare_whole(body, given)


def bare_whole(body: str, given: str = "") -> list[str]:
    """The whole numbers of three digits or more of which neither a source nor the sentence says where they are from."""
    found = []
    for sentence in SENTENCE.split(TOLD.sub(" ", body)):
        shown = "" if PLACED.search(sentence) else SKIPPED.sub(" ", sentence)
        numbers = (m for m in WHOLE.finditer(shown) if not NAMES.fullmatch(m[0]) and plain(m[0]) not in plain(given))
        found += [shown[max(m.start() - 40, 0) : m.end() + 20] for m in numbers]
    return found


def plain(text: str) -> str:
    """Without the commas of its numbers."""
    return re.sub(r"(?<=\d),(?=\d{3})", "", text)


def computed(lesson: Lesson, source: str) -> float:
    """The value of an expression now. Raises what the demo raises; ValueError for what cannot be read."""
    return _value(lesson.stem, ast.parse(source.partition("±")[0].strip(), mode="eval").body)


def agrees(lesson: Lesson, number: Told) -> bool:
    return math.isclose(computed(lesson, number.source), number.value, rel_tol=1e-9, abs_tol=number.slack * (1 + 1e-9))


def _value(stem: str, node: ast.expr) -> float:
    if isinstance(node, ast.Constant):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(stem, node.operand)
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(stem, node.left), _value(stem, node.right))
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "fact":
        return float(getattr(importlib.import_module(f"tests.facts.{stem}"), node.attr)())
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
        call = node.value
        preset = ast.literal_eval(call.args[0]) if call.args else ""
        given = tuple((word.arg, ast.literal_eval(word.value)) for word in call.keywords)
        return dict(_results(stem, call.func.id, preset, given))[node.attr]
    raise ValueError(f"cannot be read: {ast.unparse(node)}")


@functools.lru_cache(maxsize=64)
def _results(stem: str, demo: str, preset: str, given: tuple) -> tuple[tuple[str, float], ...]:
    """The results and claims of a demo, by their names."""
    asked = demos(stem)[demo]
    values = {k: v for k, v in asked.presets[preset].items() if k != STEP} if preset else {}
    evidence = asked(**values | dict(given))
    return tuple([*((c.name, c.measured) for c in evidence.claims), *((m.name, m.value) for m in evidence.measured)])
