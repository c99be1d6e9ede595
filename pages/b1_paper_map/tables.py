"""The BERT paper's own numbers: Tables 1 to 8, Figure 5, the abstract.   Devlin et al. 2019 (arXiv 1810.04805v2).

Scores are 100 times the metric, as printed; "-" is a cell that the paper leaves empty.
"""

from dataclasses import dataclass

from models import metrics

NONE = float("nan")


@dataclass(frozen=True)
class Printed:
    """A table of the paper. rows: {name: one number per column}; best: the row that its column is compared with."""

    place: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[float, ...]]

    def cell(self, row: str, column: str) -> float:
        return self.rows[row][self.columns.index(column)]

    def minus(self, row: str, other: str) -> list[float]:
        """By how much a row lies above another, column by column."""
        pairs = zip(self.rows[row], self.rows[other], strict=True)
        return [round(a - b, 2) for a, b in pairs]  # printed with one or two decimals: no others are meant


def _read(place: str, columns: str, lines: str) -> Printed:
    """A table from its text: a line is a name and its numbers."""
    rows = {}
    for line in lines.strip().splitlines():
        name, *cells = line.split()
        rows[name] = tuple(NONE if cell == "-" else float(cell) for cell in cells)
    return Printed(place, tuple(columns.split()), rows)


GLUE = Printed(
    "Table 1",
    (*metrics.PAPER_COLUMNS, "Average"),
    {system: tuple(cells) for system, cells in metrics.PAPER_TABLE_1.items()},
)
#: large_alone: without TriviaQA; large: a single model, ensemble: seven, both fine-tuned on TriviaQA first.
SQUAD_1 = _read(
    "Table 2",
    "dev_EM dev_F1 test_EM test_F1",
    """
    human           -    -     82.3 91.2
    nlnet           -    -     86.0 91.7
    qanet           -    -     84.5 90.5
    bidaf_elmo      -    85.6  -    85.8
    rm_reader       81.2 87.9  82.3 88.5
    base_alone      80.8 88.5  -    -
    large_alone     84.1 90.9  -    -
    ensemble_alone  85.8 91.8  -    -
    large           84.2 91.1  85.1 91.8
    ensemble        86.2 92.2  87.4 93.2
    """,
)
SQUAD_2 = _read(
    "Table 3",
    "dev_EM dev_F1 test_EM test_F1",
    """
    human    86.3 89.0  86.9 89.5
    mir_mrc  -    -     74.8 78.0
    nlnet    -    -     74.2 77.1
    unet     -    -     71.4 74.9
    slqa     -    -     71.4 74.4
    large    78.7 81.9  80.0 83.1
    """,
)
SWAG = _read(
    "Table 4",
    "dev test",
    """
    glove   51.9 52.7
    elmo    59.1 59.2
    gpt     -    78.0
    base    81.6 -
    large   86.6 86.3
    expert  -    85.0
    five    -    88.0
    """,
)
TASKS = _read(
    "Table 5",
    "MNLI-m QNLI MRPC SST-2 SQuAD",
    """
    base    84.4 88.4 86.7 92.7 88.5
    no_nsp  83.9 84.9 86.5 92.6 87.9
    ltr     82.1 84.3 77.5 92.1 77.8
    bilstm  82.1 84.1 75.7 91.6 84.9
    """,
)
#: Rows: layers/hidden size/heads.
SIZE = _read(
    "Table 6",
    "ppl MNLI-m MRPC SST-2",
    """
    3/768/12    5.84  77.9 79.8 88.4
    6/768/3     5.24  80.6 82.2 90.7
    6/768/12    4.68  81.9 84.8 91.3
    12/768/12   3.99  84.4 86.7 92.9
    12/1024/16  3.54  85.7 86.9 93.3
    24/1024/16  3.23  86.6 87.8 93.7
    """,
)
FEATURES = _read(
    "Table 7",
    "dev test",
    """
    elmo            95.7 92.2
    cvt             -    92.6
    cse             -    93.1
    large           96.6 92.8
    base            96.4 92.4
    embeddings      91.0 -
    second_to_last  95.6 -
    last            94.9 -
    sum_last_four   95.9 -
    concat          96.1 -
    sum_all         95.5 -
    """,
)
#: Rows: of the chosen tokens, per cent replaced by [MASK]/left as they are/replaced by a random token.
MASKING = _read(
    "Table 8",
    "MNLI NER NER_features",
    """
    80/10/10  84.2 95.4 94.9
    100/0/0   84.3 94.9 94.0
    80/0/20   84.1 95.2 94.6
    80/20/0   84.4 95.2 94.7
    0/20/80   83.7 94.8 94.6
    0/0/100   83.6 94.9 94.6
    """,
)
#: Figure 5 is drawn as vectors (arXiv's HTML of v2). Its frame, 507.73 × 357.73 units, spans 0 to 1,000 thousand steps
#: and 75 to 85% on MNLI's dev set; these are the corners of its two lines.
FRAME = (507.73, 357.73)
AT = (15.23, 25.39, 50.77, 101.55, 203.09, 304.64, 406.19, 507.73)
DRAWN = {
    "mlm": (128.78, 164.56, 196.75, 257.57, 293.34, 321.96, 332.69, 336.27),
    "ltr": (157.4, 171.71, 189.6, 214.64, 239.68, 246.84, 253.99, 257.57),
}
STEPS = [1000 * x / FRAME[0] for x in AT]  # thousands, up to the drawing's own rounding
ACCURACY = {name: [75 + 10 * y / FRAME[1] for y in line] for name, line in DRAWN.items()}
