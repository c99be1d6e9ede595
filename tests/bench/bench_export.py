"""How long a full workbook takes as PDF: python -m tests.bench.bench_export

Sixteen answers of 10,000 characters, each with 40 formulas and 5 figures; the first run loads models and libraries, the
second is what a student waits for who exports again.
"""

import json
import resource
import time

from study.export import Chapter, Cover, to_html, to_pdf

ANSWERS, SIZE, FORMULAS = 16, 10_000, 40
SENTENCE = "每个位置用自己的查询与所有的键比较，再按匹配程度对值做加权平均；the weights of a row sum to one. "


def answer(n: int) -> str:
    """Prose with formulas that differ from each other, and five figures, one of them at values of its own."""
    names = ["by_hand", "retrieval", "step_by_step", "real_heads", f"scaling?d_k={2 + n}"]
    figures = [f"{{{{figure: t5_attention/{name}}}}}" for name in names]
    formulas = [f"$\\frac{{q_{{{i}}}^\\top k}}{{\\sqrt{{d_{{{n}}}}}}}$" for i in range(FORMULAS)]
    prose = (SENTENCE * (SIZE // len(SENTENCE) + 1))[:SIZE]
    cut = [prose[i * 250 : (i + 1) * 250] + formulas[i] for i in range(FORMULAS)]
    return "\n\n".join([*cut, *figures])


def main() -> None:
    chapters = [Chapter(f"q{n}", f"第 {n} 题", answer(n)) for n in range(ANSWERS)]
    cover, result = Cover("张三", "1", "2026", "题"), {"answers": len(chapters)}
    for name, make in (("first_pdf_s", to_pdf), ("again_pdf_s", to_pdf), ("again_html_s", to_html)):
        start, cpu = time.perf_counter(), time.process_time()
        made = make(cover, chapters, "zh")
        result[name] = round(time.perf_counter() - start, 2)
        result[name.replace("_s", "_cpu_s")] = round(time.process_time() - cpu, 2)
        print(name, result[name], flush=True)
        result[f"{name.split('_')[1]}_MB"] = round(len(made.data) / 1e6, 1)
    result["failures"] = len(made.failures)
    result["peak_MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
