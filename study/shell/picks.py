"""One of several options, said in the reader's language, of which the switch of the language loses none.

The browser answers a radio or a select box with the words of an option. Words of the language that was left are no
option's any more: Streamlit takes them for an answer of their own, calls on_change with them, and forgets the choice.
So each language has a widget of its own, and what is picked is remembered beside them.
"""

from collections.abc import Callable, Sequence
from typing import Any

from study.shell.session import here, put, value

NOTHING = object()


def choose(key: str, option: Any) -> None:
    """From its next drawing on, this option (None for none) is picked under this key."""
    here().picks[key] = "", option


def pick(
    draw: Callable[..., Any],
    label: str,
    options: Sequence[Any],
    format_func: Callable[[Any], str],
    key: str,
    lang: str,
    on_change: Callable[[Any], None] = lambda option: None,
    **more: Any,
) -> Any:
    """What is picked where `draw`, st.radio or st.selectbox, shows these options. on_change hears what is picked."""
    picks, own = here().picks, f"{key}.{lang}"
    spoken, picked = picks.get(key, ("", NOTHING))
    anew = spoken != lang or value(own, NOTHING) is NOTHING
    if anew and (picked is None or picked in options):
        put(own, picked)

    def changed() -> None:
        on_change(value(own))

    picked = draw(label, options, format_func=format_func, key=own, on_change=changed, **more)
    picks[key] = lang, picked
    return picked
