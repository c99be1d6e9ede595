"""Quality against the cost of training: Table 2, and the arithmetic behind its last column.   §5.2, §6.1."""

from math import log10
from typing import Annotated, NamedTuple

from study.controls import Choice
from study.demo import Claim, Evidence, Measured, Origin
from study.views import Points, Scatter, Table

DAY = 24 * 3600  # seconds
GPUS, P100 = 8, 9.5e12  # §5.2; footnote 5: sustained single-precision operations a second
TRAINED = {"base": DAY / 2, "big": 3.5 * DAY}  # §5.2: seconds
PRESETS = {"german": {}, "french": {"pair": "en_fr"}}


class Row(NamedTuple):
    """A row of Table 2: BLEU on newstest2014, operations of training; None where one of them is not printed."""

    group: str
    name: str
    en_de: tuple[float, float] | None
    en_fr: tuple[float, float] | None


TABLE_2 = [
    Row("single", "Deep-Att + PosUnk", None, (39.2, 1.0e20)),
    Row("single", "GNMT + RL", (24.6, 2.3e19), (39.92, 1.4e20)),
    Row("single", "ConvS2S", (25.16, 9.6e18), (40.46, 1.5e20)),
    Row("single", "MoE", (26.03, 2.0e19), (40.56, 1.2e20)),
    Row("ensemble", "Deep-Att + PosUnk", None, (40.4, 8.0e20)),
    Row("ensemble", "GNMT + RL", (26.30, 1.8e20), (41.16, 1.1e21)),
    Row("ensemble", "ConvS2S", (26.36, 7.7e19), (41.29, 1.2e21)),
    Row("transformer", "base", (27.3, 3.3e18), (38.1, 3.3e18)),
    Row("transformer", "big", (28.4, 2.3e19), (41.8, 2.3e19)),
]  # fmt: skip


def cost(pair: Annotated[str, Choice("en_de", "en_fr")] = "en_de") -> Evidence:
    """The rows that have both numbers for this pair of languages; without the last two, the best so far."""
    rows = {row: getattr(row, pair) for row in TABLE_2 if getattr(row, pair)}
    groups = [
        Points(group, x=[rows[row][1] for row in mine], y=[rows[row][0] for row in mine], labels=[r.name for r in mine])
        for group in ("single", "ensemble", "transformer")
        for mine in [[row for row in rows if row.group == group]]
    ]
    before = [numbers for row, numbers in rows.items() if row.group != "transformer"]
    best = max(before)
    base, big = (rows[row] for row in TABLE_2 if row.group == "transformer")
    sums = {name: seconds * GPUS * P100 for name, seconds in TRAINED.items()}
    arithmetic = [[name, f"{TRAINED[name] / 3600:g}", _power(total)] for name, total in sums.items()]
    return Evidence(
        Scatter(groups, x="operations", y="bleu", log_x=True),
        Table(["model", "hours", "product"], arithmetic, "arithmetic"),
        claims=[  # printed with two digits: half a unit of the second one
            Claim("base_flops", measured=_two_digits(sums["base"]), expected=_two_digits(base[1])),
            Claim("big_flops", measured=_two_digits(sums["big"]), expected=_two_digits(big[1])),
        ],
        measured=[
            Measured("ahead", big[0] - best[0]),
            Measured("cheaper", best[1] / big[1], unit="times"),
            Measured("base_cheaper", best[1] / base[1], unit="times"),
        ],
        origin=Origin.PAPER,
        source="Vaswani et al. 2017, Table 2",
    )


def _power(number: float) -> str:
    """3.28·10¹⁸"""
    digits, exponent = f"{number:.2e}".split("e+")
    return f"{digits}·10{exponent.translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def _two_digits(number: float) -> float:
    """2.298e19 as 2.3 (e19), so that what is printed can be compared exactly."""
    return round(number / 10 ** int(log10(number)), 1)
