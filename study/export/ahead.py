"""The formulas of a document, set beside the computing of its figures: MathJax runs without Python's lock."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from study.export.book import LONGEST_ANSWER, Chapter
from study.export.formulas import Exhausted, TexError, formula
from study.export.materials import MOST_FORMULAS

#: What looks like a formula, in code too: it costs milliseconds to set one that nobody asks for.
BETWEEN_DOLLARS = re.compile(r"(?<![\\$])(\$\$?)(?!\$)(.+?)(?<![\\$])\1(?!\$)", re.DOTALL)


def formulas(chapters: list[Chapter]) -> Iterator[tuple[str, bool]]:
    """(TeX, is it displayed) of what looks like a formula, in the order in which the writers will ask."""
    for chapter in chapters:
        for mark in BETWEEN_DOLLARS.finditer(chapter.text, 0, LONGEST_ANSWER):
            yield mark[2].strip(), mark[1] == "$$"


@contextmanager
def formulas_ahead(chapters: list[Chapter]) -> Iterator[None]:
    """While a document is written, a thread sets its formulas; who asks for one finds it, or waits for it."""
    over = threading.Event()

    def work() -> None:
        for tex, display in islice(formulas(chapters), MOST_FORMULAS):
            if over.is_set():
                return
            try:
                formula(tex, display)
            except Exhausted:
                return  # who writes the document counts how often that happens
            except TexError:
                continue

    threading.Thread(target=work, name="ahead", daemon=True).start()
    try:
        yield
    finally:
        over.set()
