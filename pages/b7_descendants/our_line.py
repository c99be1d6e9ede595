"""From BERT to the model that runs in this app, and to its student: one line of descent, what each step changed."""

from models import shapes, student
from models.bert import BertConfig
from models.records.student import results
from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say
from study.views.diagram import Arrow, Box, Text

#: Layers, width; parameters are counted with the token table and without the pooler.
LINE = {
    "base": BertConfig(d_model=768, n_layer=12, n_head=12, d_ff=3072),
    "minilm": BertConfig(n_layer=12),
    "halved": BertConfig(n_layer=6),
    "local": BertConfig(),
    "student": BertConfig(n_layer=2),
}
HIGH, PITCH, LEFT, LONGEST = 34, 74, 4, 204  # units; the width of a box goes with its model's width


def our_line() -> Evidence:
    """Five boxes, one below the other; between them what was done."""
    counted = {name: shapes.count_parameters(config, pooler=False).total for name, config in LINE.items()}
    parts = [part for i, name in enumerate(LINE) for part in _model(i, name, counted[name])]
    kept = results().parameters["stored"]
    stored = shapes.parameters_in(student.load().encoder.layers)
    return Evidence(
        Diagram(parts, 360, len(LINE) * PITCH - 34),
        claims=[
            Claim("half_the_layers", measured=counted["minilm"] - counted["halved"], expected=6 * _layer()),
            Claim("student_stored", measured=stored, expected=2 * _layer()),
            Claim("as_on_file", measured=kept, expected=stored),
        ],
        origin=Origin.TRAINED_HERE,
        source="all-MiniLM-L6-v2 · models/checkpoints/student",
    )


def _layer() -> int:
    """Parameters of one layer of width 384: attention, feed-forward, two LayerNorms."""
    C, d_ff = 384, 1536
    return 4 * (C * C + C) + (C * d_ff + d_ff) + (d_ff * C + C) + 4 * C


def _model(i: int, name: str, parameters: int) -> list[Box | Text | Arrow]:
    config = LINE[name]
    y = 4 + i * PITCH
    wide = LONGEST * config.d_model / 768
    size = Say("size", n_layer=config.n_layer, d_model=config.d_model, millions=f"{parameters / 1e6:.1f}")
    found = [
        Box(LEFT, y, wide, HIGH, Say(name), role="value" if name == "local" else "query", size=12),
        Text(LEFT + wide + 8, y + 21, size, anchor="start", size=12),
    ]
    if i:
        found.append(Arrow(((LEFT + 40, y - PITCH + HIGH), (LEFT + 40, y - 1)), role="hidden"))
        found.append(Text(LEFT + 50, y - 16, Say(f"{name}_by"), anchor="start", size=12))
    return found
