"""The figures of a document, drawn for paper."""

from dataclasses import dataclass

from study.answer_figure import Flaw, figure
from study.figures.printed import Printed, printed_all
from study.look import Look

LOOK = Look("light", 12)


@dataclass(frozen=True)
class Drawn:
    """A demo on paper. origin: where its numbers come from. mended: controls whose value in the name was none of
    theirs.
    """

    title: str
    origin: str
    views: tuple[Printed, ...]
    mended: tuple[str, ...]


class Pictures:
    """The figures of one document in one language; what stands there twice is drawn once."""

    def __init__(self, lang: str):
        self.lang = lang
        self.drawn: dict[str, Drawn] = {}

    def draw(self, name: str) -> Drawn:
        """Raises Flaw."""
        if name not in self.drawn:
            named = figure(name, self.lang)
            try:
                views = printed_all(named.step.views, LOOK, named.words.label)
            except Exception as error:  # one drawing's own error leaves the others, and the text, as they are
                raise Flaw(f"{type(error).__name__}: {error}"[:200]) from error
            self.drawn[name] = Drawn(named.title, named.origin, tuple(views), named.mended)
        return self.drawn[name]
