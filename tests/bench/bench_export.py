"""How long a full workbook takes as PDF: python -m tests.bench.bench_export

Sixteen answers of 10,000 characters, each with 40 formulas and 5 figures of its lesson: 640 formulas, 80 figures, none
of them twice. first: a process that has shown the workbook's page and no figure loads models and libraries; seen: the
figures have been on a page, as in the app, where a student sees them in the preview; again: a second file of the same
answers. compared: with the app's texts.
"""

import itertools
import json
import resource
import time

from study.answer_figure import mark
from study.demo import demos
from study.export import Chapter, Cover, to_html, to_pdf
from study.export.formulas import kept
from study.notes import lessons
from study.own_words import overlaps
from study.shell.hand_in import question_titles

SIZE, FORMULAS, FIGURES = 10_000, 40, 5
SENTENCE = "第 {n} 个位置用自己的查询与所有的键比较，再按匹配程度对值做加权平均；the weights of row {n} sum to one. "


def figures(stem: str) -> list[str]:
    """The marks of a lesson's figures: each demo in its last named state, then in the one before, and so on."""
    pure = [demo for demo in demos(stem).values() if not demo.work]
    states = [[demo.values(given) for given in reversed(demo.presets.values())] or [demo.values({})] for demo in pure]
    turns = itertools.zip_longest(*states)
    marks = [mark(demo, values)[0] for turn in turns for demo, values in zip(pure, turn, strict=True) if values]
    return list(dict.fromkeys(marks))[:FIGURES]


def answer(n: int, stem: str) -> str:
    """Prose with formulas and figures, none of which stands in another answer."""
    formulas = [f"$\\frac{{q_{{{i}}}^\\top k}}{{\\sqrt{{d_{{{n}}}}}}}$" for i in range(FORMULAS)]
    prose = "".join(SENTENCE.format(n=i) for i in range(SIZE))[:SIZE]
    step = SIZE // FORMULAS
    cut = [prose[i * step : (i + 1) * step] + formulas[i] for i in range(FORMULAS)]
    return "\n\n".join([*cut, *figures(stem)])


def main() -> None:
    start, cpu = time.perf_counter(), time.process_time()
    titles = question_titles("zh")  # reads all notes, as the page does before there is a button to press
    chapters = [Chapter(le.stem, titles[le.stem], answer(n, le.stem)) for n, le in enumerate(lessons)]
    cover, result = Cover("张三", "1", "2026", "题"), {"answers": len(chapters)}
    result["loading_s"], result["loading_cpu_s"] = _since(start, cpu)
    for name, make in (("first_pdf", to_pdf), ("seen_pdf", to_pdf), ("again_pdf", to_pdf), ("again_html", to_html)):
        if name == "seen_pdf":
            kept.cache_clear()
        start, cpu = time.perf_counter(), time.process_time()
        made = make(cover, chapters, "zh")
        result[f"{name}_s"], result[f"{name}_cpu_s"] = _since(start, cpu)
        result[f"{name}_MB"] = round(len(made.data) / 1e6, 1)
        result["failures"] = len(made.failures)
    for name in ("first_compared", "again_compared"):
        start, cpu = time.perf_counter(), time.process_time()
        overlaps({chapter.place: chapter.text for chapter in chapters})
        result[f"{name}_s"], result[f"{name}_cpu_s"] = _since(start, cpu)
    result["peak_MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(result, indent=1))


def _since(start: float, cpu: float) -> tuple[float, float]:
    """Seconds of the clock, and of the processors."""
    return round(time.perf_counter() - start, 2), round(time.process_time() - cpu, 2)


if __name__ == "__main__":
    main()
