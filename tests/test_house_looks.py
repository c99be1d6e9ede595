"""What to look for: every chip shows its own sentence, not that of another chip whose state is the same."""

from study.demo import STEP, demos
from study.shell.chips import speaking
from tests.lessons import each_demo, each_language


@each_demo
@each_language
def test_a_chip_shows_its_own_sentence(lesson, name, lang):
    demo, words = demos(lesson.stem)[name], lesson.demo_words(lang, name)
    defaults = {p.name: p.default for p in demo.params}
    for preset, values in demo.presets.items():
        if words.has(f"looks.{preset}"):
            state = demo.values(defaults | {k: v for k, v in values.items() if k != STEP})
            shown = speaking(None, demo, words, state)
            assert shown[values.get(STEP, "")] == preset, f"{name}: at {preset} speaks {shown}"


@each_demo
@each_language
def test_a_sentence_to_look_for_is_one_paragraph_without_html(lesson, name, lang):
    """The browser counts them by their paragraphs (assets/figure/frame.js) and reads HTML (study/shell/card.py)."""
    words = lesson.demo_words(lang, name)
    own = [f"looks.{key}" for key in words.texts.get("looks", {})]
    for key in ["look_for", *own]:
        assert "\n\n" not in words(key).strip() and words(key).strip()[:2] not in ("- ", "# ", "> "), key
        assert "<" not in words(key), key
