"""The numbers of the abstract, recomputed from where they stand.   Devlin et al. 2019, abstract, §4.1, Tables 1-3."""

from dataclasses import dataclass
from typing import Annotated

from models import metrics
from pages.b1_paper_map.reading import points
from pages.b1_paper_map.tables import GLUE, SQUAD_1, SQUAD_2
from study.controls import Choice
from study.demo import Claim, Evidence, Origin
from study.views import Bars, Chain, Say, Table


@dataclass(frozen=True)
class Headline:
    """A score that is announced, the one before it, and the gain as the paper prints it."""

    metric: str
    place: str
    bert: float
    before: float
    gain: float
    people: float | None = None  # the human baseline, where the paper gives one


HEADLINES = {
    "glue": Headline("GLUE", "§4.1", 80.5, 72.8, 7.7),  # the official leaderboard's, in no table
    "average": Headline("GLUE", "Table 1, §4.1", GLUE.cell("large", "Average"), GLUE.cell("gpt", "Average"), 7.0),
    "mnli": Headline("MNLI-m", "Table 1", GLUE.cell("large", "MNLI-m"), GLUE.cell("gpt", "MNLI-m"), 4.6),
    "squad_1": Headline(
        "F1",
        "Table 2",
        SQUAD_1.cell("ensemble", "test_F1"),
        SQUAD_1.cell("nlnet", "test_F1"),
        1.5,
        SQUAD_1.cell("human", "test_F1"),
    ),
    "squad_2": Headline(
        "F1",
        "Table 3",
        SQUAD_2.cell("large", "test_F1"),
        SQUAD_2.cell("mir_mrc", "test_F1"),
        5.1,
        SQUAD_2.cell("human", "test_F1"),
    ),
}
FACTS = ("model", "rival", "data")  # what stands behind a number
PRESETS = {name: {"number": name} for name in HEADLINES}


def abstract(number: Annotated[str, Choice(*HEADLINES)] = "glue") -> Evidence:
    """One announced number: which two scores are subtracted, and under which conditions each was reached."""
    h = HEADLINES[number]
    bars = {"before": [h.before], "bert": [h.bert]} | ({"people": [h.people]} if h.people else {})
    gain = round(h.bert - h.before, 2)
    # without the gain, which is the large number: a lecture hides it until the room has worked it out
    chain = Chain([("bert", h.bert), ("before", h.before)], "subtraction", joins=["−"])
    facts = [[Say(fact), Say(f"{number}_{fact}")] for fact in FACTS]
    claims = [Claim("as_printed", measured=h.bert - h.before, expected=h.gain, abs=1e-9)]
    if number == "average":
        columns = dict(zip(GLUE.columns[:-1], GLUE.rows["large"][:-1], strict=True))
        mean = metrics.paper_mean(columns)
        claims.append(Claim("mean_of_nine", measured=mean, expected=h.bert, abs=0.05))  # printed with one decimal
    return Evidence(
        Bars(bars, [h.metric], y="score", title=f"{number}_place", y_range=(0, 100)),
        chain,
        Table(["asked", "answered"], facts, "conditions"),
        claims=claims,
        measured=[points("gain_here", gain), *([points("to_people", h.bert - h.people)] if h.people else [])],
        origin=Origin.PAPER,
        source=f"Devlin et al. 2019, {h.place}",
    )
