"""What can be shown: frozen arrays and label keys. No plotly, no language, no theme: `study.figures` adds those.

A *key* names a text of the notes' yaml (`axes:`, `series:`, `panels:`); `Say(key, layer=3)` fills its places.
Tick texts (`rows`, `cols`, `labels`) are data: tokens, names, numbers, shown as they are.
"""

from study.views.base import Key, Say, frozen
from study.views.charts import Bars, Histogram, Lines, Points, Scatter, Series, room
from study.views.diagram import Diagram
from study.views.matrices import Equation, Heatmap, Heatmaps, Mark
from study.views.rows import Chain, Table
from study.views.tokens import MARKS, Span, TokenLines, Tokens

__all__ = [
    "MARKS",
    "Bars",
    "Chain",
    "Diagram",
    "Equation",
    "Heatmap",
    "Heatmaps",
    "Histogram",
    "Key",
    "Lines",
    "Mark",
    "Points",
    "Say",
    "Scatter",
    "Series",
    "Span",
    "Table",
    "TokenLines",
    "Tokens",
    "View",
    "frozen",
    "room",
]

View = (
    Heatmap | Heatmaps | Equation | Lines | Scatter | Bars | Histogram | Chain | Table | Tokens | TokenLines | Diagram
)
