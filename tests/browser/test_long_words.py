"""A long word never widens the page: in every text control of every lesson, on a screen and on a phone."""

import re
from collections.abc import Iterator
from itertools import product
from urllib.parse import urlencode

import pytest

from study import link
from study.controls import Text
from study.demo import Demo, Param, demos

from .driver import LESSONS, all_drawn, at
from .test_pages import OVERHANG, quiet

#: The longest one is refused where a demo takes few tokens; the others are drawn there, one in its pieces.
DRAWN, OTHERS = "x" * 59, ["x" * 99, "pneumonoultramicroscopicsilicovolcanoconiosis"]
MANY = ("t5_attention", "b3_wordpiece")  # the lessons with the most kinds of text


def with_word(default: str, word: str) -> str:
    """The default text (two lines of it: more is too long for a link) with its longest word replaced: whatever form a
    demo wants its text in stays.
    """
    default = "\n".join(default.split("\n")[:2])
    longest = max(re.findall(r"[^\W\d_]+", default), key=len, default="")
    return default.replace(longest, word, 1) if longest else word


def texts(demo: Demo) -> list[Param]:
    return [p for p in demo.params if isinstance(p.control, Text)]


def queries(stem: str, word: str) -> Iterator[str]:
    """Links that fill every text control of the lesson; several where a choice shows one control or another."""
    filled = []
    for demo in demos(stem).values():
        conditions = [dict(c) for c in dict.fromkeys(p.when.conditions if p.when else () for p in texts(demo))]
        values = {p.name: p.default for p in demo.params} | {p.name: with_word(p.default, word) for p in texts(demo)}
        filled.append([(demo, values | shown) for shown in conditions])
    for n in range(max(map(len, filled), default=0)):
        query: dict[str, str] = {}
        for choices in filled:
            if choices:
                query |= link.write(*choices[n % len(choices)])[0]
        yield urlencode(query)


TYPED = [stem for stem in LESSONS if any(map(texts, demos(stem).values()))]
CASES = [*product(TYPED, [DRAWN]), *product(MANY, OTHERS)]


@pytest.mark.parametrize(("stem", "word"), CASES, ids=lambda text: text[:8] + str(len(text)))
def test_a_long_word_never_widens_the_page(open_page, stem, word):
    page = None
    for query in queries(stem, word):
        if page:
            page.goto(f"{page.url.split('?')[0]}?{query}")
            all_drawn(page, LESSONS[stem])
        else:
            page = at(open_page, stem, query)
        assert word in page.locator(".st-key-page").inner_text() or word in page.url
        for width in (1280, 375):
            page.set_viewport_size({"width": width, "height": 800})
            quiet(page, OVERHANG, f"{width} px, {query[:200]}")


#: The Chinese words of the labels that stand on two lines, and how many labels do.
CUT = """() => {
  const words = new Intl.Segmenter("zh", { granularity: "word" }), cut = [], lines = (range) =>
    new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size;
  let wrapped = 0;
  for (const label of document.querySelectorAll(".lf-numbers dt, .lf-title, .lf-table th")) {
    const range = document.createRange(), walk = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
    range.selectNodeContents(label);
    wrapped += lines(range) > 1;
    while (walk.nextNode()) for (const { index, segment } of words.segment(walk.currentNode.data)) {
      range.setStart(walk.currentNode, index);
      range.setEnd(walk.currentNode, index + segment.length);
      if (/\\p{Script=Han}/u.test(segment) && lines(range) > 1) cut.push(`${segment} in ${label.textContent}`);
    }
  }
  return [cut, wrapped];
}"""


@pytest.mark.parametrize("stem", ["b2_input_embeddings", "t2_layer_vs_batch_norm"])
def test_a_chinese_label_breaks_between_its_words(open_page, stem):
    page = at(open_page, stem, locale="zh-CN", size=(390, 844))
    cut, wrapped = page.evaluate(CUT)
    assert cut == []
    assert wrapped > 0
