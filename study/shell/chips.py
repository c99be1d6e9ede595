"""The chips of a card, the tabs of its steps, and the look-for sentences that belong to them."""

from typing import Any

from study.by_chips import by_chips
from study.controls import Text
from study.demo import STEP, Demo, Evidence
from study.words import DemoWords


def matching(demo: Demo, values: dict[str, Any]) -> list[str]:
    """The presets whose state this is, whatever step they show."""
    defaults = {p.name: p.default for p in demo.params if not isinstance(p.control, Text)}
    wanted = {name: defaults | {k: v for k, v in preset.items() if k != STEP} for name, preset in demo.presets.items()}
    return [name for name, state in wanted.items() if all(values[k] == v for k, v in state.items())]


def step_of(preset: dict[str, Any], evidence: Evidence | None) -> str:
    """The step that a preset shows: what it does not name is at its default, a control as well as the step."""
    return preset.get(STEP) or (evidence.steps[0].name if evidence else "")


def looks(evidence: Evidence | None, demo: Demo, words: DemoWords, values: dict[str, Any]) -> tuple[str, list[int]]:
    """What to look for, a paragraph for each sentence: the demo's or that of a preset whose state this is, then those
    of the steps that have one; and the numbers of these. The browser shows the sentence of its step.
    """
    by_step = speaking(evidence, demo, words, values)
    alone = by_step.get("")  # a demo of one step, which has no name
    own = {}
    for i, step in enumerate(evidence.steps if evidence else ()):
        key = f"looks.{by_step.get(step.name, step.name)}"
        if step.name and words.has(key):
            own[i] = key
    return "\n\n".join(map(words, [f"looks.{alone}" if alone else "look_for", *own.values()])), list(own)


def speaking(evidence: Evidence | None, demo: Demo, words: DemoWords, values: dict[str, Any]) -> dict[str, str]:
    """By step the preset whose sentence is shown there; where two have one state and one step, the first one speaks."""
    matched = [name for name in matching(demo, values) if words.has(f"looks.{name}")]
    return {step_of(demo.presets[name], evidence): name for name in reversed(matched)}


def chips(evidence: Evidence | None, demo: Demo, words: DemoWords, values: dict[str, Any]) -> list[dict[str, Any]]:
    active = matching(demo, values)
    if of := by_chips(demo):  # they are its widget: its value is marked, whatever box of the drawing is chosen
        active = [name for name, preset in demo.presets.items() if preset.get(of.name, of.default) == values[of.name]]
    return [
        {
            "name": name,
            "label": words(f"presets.{name}"),
            "active": name in active,
            "step": step_of(preset, evidence),
        }
        for name, preset in demo.presets.items()
    ]


def tabs(evidence: Evidence | None, words: DemoWords) -> list[dict[str, Any]]:
    """The name and label of each step, and the numbers of its views."""
    steps, first = [], 0
    for step in evidence.steps if evidence else ():
        label = words(f"steps.{step.name}") if step.name else ""
        steps.append({"name": step.name, "label": label, "views": list(range(first, first + len(step.views)))})
        first += len(step.views)
    return steps or [{"name": "", "label": "", "views": []}]
