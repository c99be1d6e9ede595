"""How fast published scores on GLUE and SuperGLUE passed people.   Nangia & Bowman 2019; Wang et al. 2019."""

from dataclasses import dataclass
from typing import Annotated

from study.controls import Choice
from study.demo import Claim, Evidence, Measured, Origin
from study.views import Points, Scatter


@dataclass(frozen=True)
class Mark:
    """A published score."""

    name: str
    months: float  # since the benchmark was published (GLUE: 20 April 2018; SuperGLUE: 2 May 2019)
    score: float


#: The score of people, and of systems that came closer.
HISTORY: dict[str, tuple[float, tuple[Mark, ...]]] = {
    "glue": (
        87.1,
        (
            Mark("GPT", 2, 72.8),
            Mark("BERT-large", 6, 80.5),
            Mark("MT-DNN", 13.5, 87.6),
            Mark("XLNet", 14.5, 88.4),
            Mark("T5", 18, 90.3),
        ),
    ),
    "superglue": (
        89.8,
        (
            Mark("BERT++", 2, 71.5),
            Mark("RoBERTa", 3, 84.6),
            Mark("T5", 6, 88.9),
            Mark("DeBERTa", 20, 89.9),
        ),
    ),
}
#: Where those numbers stand.
SOURCES = {
    "glue": "Devlin et al. 2019; Microsoft, June 2019; Wang et al. 2019; Raffel et al. 2020; Nangia & Bowman 2019",
    "superglue": "Wang et al. 2019; Raffel et al. 2020; He et al. 2021",
}
PRESETS = {"glue": {"benchmark": "glue"}, "superglue": {"benchmark": "superglue"}}


def saturation(benchmark: Annotated[str, Choice(*HISTORY)] = "glue") -> Evidence:
    """Published scores over time, beside what people reach."""
    people, marks = HISTORY[benchmark]
    first = next(m for m in marks if m.score > people)
    before = max(m.score for m in marks if m.months < first.months)
    months, scores, names = [m.months for m in marks], [m.score for m in marks], [m.name for m in marks]
    systems = Points("systems", months, scores, names)
    line = Points("people", months, [people] * len(months), [f"{people}"] * len(months), joined=True)
    return Evidence(
        Scatter([systems, line], x="months", y="benchmark_score", title="history"),
        claims=[Claim("below_before", measured=before, expected=people, op="≤")],
        measured=[Measured("people_score", people), Measured("months_until", first.months)],
        origin=Origin.PAPER,
        source=SOURCES[benchmark],
    )
