"""A card's figure, as it is, put into the reader's own answer of its lesson.

Where the answer's box stands on the page, the browser (assets/figure/answer.js) puts it there, beside what is being
typed; where it does not, it is put here, into what is kept.
"""

from collections.abc import Mapping
from typing import Any

from study.answer_figure import mark
from study.demo import Demo, Evidence
from study.shell.drafts import append
from study.shell.session import here, key_of
from study.words import Words
from study.workbook import QUESTIONS


def offer(demo: Demo, evidence: Evidence | None, values: Mapping[str, Any], app: Words) -> dict[str, Any]:
    """What the bar under the figure says of it; nothing where there is no figure, or no answer that is handed in."""
    if evidence is None or demo.stem not in QUESTIONS:
        return {}
    drawn = here().drawn.get(key_of(demo), values)
    marks = [mark(demo, drawn, step.name if n else "") for n, step in enumerate(evidence.steps)]
    done = "put.short" if any(long for _, long in marks) else "put.done"
    return {
        "put": app("put.label"),
        "putting": app("put.meaning"),
        "put_done": app(done),
        "answer": demo.stem,
        "marks": [text for text, _ in marks],
    }


def put(demo: Demo, offered: Mapping[str, Any], step: Any, app: Words) -> None:
    """The reader pressed the link; the card says what became of it when it is next drawn."""
    marks = offered.get("marks", [])
    if not isinstance(step, int) or not 0 <= step < len(marks):
        return
    draft = append(demo.stem, marks[step])
    if draft.unkept:
        here().put[key_of(demo)] = ("warning", app(f"workbook.unkept.{draft.unkept}"))
    elif draft.theirs:
        here().put[key_of(demo)] = ("warning", app("workbook.conflict"))
    else:
        here().put[key_of(demo)] = ("info", offered["put_done"])
