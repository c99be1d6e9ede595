"""Where a demo's chips are the widget of its one choice: two rows of buttons that do the same would ask which is meant.

A lesson's author does nothing for it: it follows from the demo's controls and its PRESETS.
"""

from study.controls import Block, Cell, Choice
from study.demo import STEP, Demo, Param


def by_chips(demo: Demo) -> Param | None:
    """The only control of the rail, where each of its options has a chip that sets it and nothing else."""
    rail = _outside_drawings(demo)
    if len(rail) != 1 or type(rail[0].control) is not Choice:
        return None
    chosen = rail[0]
    alone = all(preset.keys() <= {chosen.name, STEP} for preset in demo.presets.values())
    offered = {preset.get(chosen.name, chosen.default) for preset in demo.presets.values()}
    return chosen if alone and offered == set(chosen.control.options) else None


def on_rail(demo: Demo) -> list[Param]:
    """The controls beside the figures: neither those picked in a drawing nor the one whose widget are the chips."""
    chosen = by_chips(demo)
    return [p for p in _outside_drawings(demo) if p is not chosen]


def _outside_drawings(demo: Demo) -> list[Param]:
    return [p for p in demo.params if not isinstance(p.control, Block | Cell)]
