"""Two stages, one model: what is trained when, which table tests which part.   After Devlin et al. 2019, Figure 1."""

from models import shapes
from models.bert import BertConfig
from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say
from study.views.diagram import Arrow, Box, Text

LEFT, RIGHT = 4, 218  # of the two columns
WIDE, HALF = 138, 67  # of a column, of one of two boxes in it
HEADS, ENCODER, INPUT, DATA = 46, 118, 182, 232  # tops of boxes
BASE = BertConfig(d_model=768, n_layer=12, n_head=12, d_ff=3072)  # BERT-base, with the released vocabulary
CLASSES = 3  # of MNLI
#: A proof and the part that it varies: (name, number, x, y).
PROOFS = (
    ("table", 5, 148, 50),
    ("table", 6, 148, 90),
    ("table", 7, 148, 152),
    ("table", 8, 148, 186),
    ("figure", 5, 148, 236),
)


def two_stages() -> Evidence:
    """Pre-training on the left, fine-tuning on the right; in between the tables, each beside what it varies."""
    middle = RIGHT + WIDE / 2
    heads = [
        Box(LEFT, HEADS, HALF, 40, Say("masked_lm"), role="query"),
        Box(LEFT + WIDE - HALF, HEADS, HALF, 40, Say("nsp"), role="query"),
        Box(RIGHT, HEADS, WIDE, 40, role="value"),
        Text(middle, HEADS + 17, Say("task_layer"), role="value"),
        Text(middle, HEADS + 33, Say("new_weights"), role="value", size=12),
    ]
    stacks = [
        *_stage(LEFT, "pretraining"),
        *_stage(RIGHT, "finetuning"),
    ]
    same = [
        Arrow(((LEFT + WIDE, 138), (RIGHT, 138)), role="hidden", width=2.5),
        Text(180, 132, Say("copied"), role="hidden", size=12),
    ]
    proofs = [_proof(*proof) for proof in PROOFS]
    parameters = shapes.count_parameters(BASE).total
    return Evidence(
        Diagram([*heads, *stacks, *same, *proofs], 360, 276),
        claims=[Claim("few_new", measured=CLASSES * BASE.d_model, expected=1e-4 * parameters, op="≤")],
        origin=Origin.PAPER,
        source="Devlin et al. 2019, Figure 1",
    )


def _proof(kind: str, n: int, x: float, y: float) -> Box:
    text = Say(kind, n=n)
    return Box(x, y, 64, 22, text, dashed=True, size=12)


def _stage(x: float, stage: str) -> list[Box | Text | Arrow]:
    """A column: its name, the encoder, the input, the data, and the ways between them."""
    middle = x + WIDE / 2
    return [
        Text(middle, 22, Say(stage), bold=True),
        Text(middle, 37, Say(f"{stage}_place"), size=12),
        _up(middle, ENCODER, HEADS + 41),
        Box(x, ENCODER, WIDE, 40, Say("encoder"), role="hidden"),
        _up(middle, INPUT, ENCODER + 41),
        Box(x, INPUT, WIDE, 30, "[CLS] A [SEP] B [SEP]", size=12),
        _up(middle, DATA, INPUT + 31),
        Box(x, DATA, WIDE, 30, Say(f"{stage}_data"), size=12),
    ]


def _up(x: float, start: float, end: float) -> Arrow:
    return Arrow(((x, start), (x, end)))
