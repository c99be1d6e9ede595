"""Parts of a frozen dataclass that are given as functions: each is worked out when somebody first asks for it.

A figure on paper shows one step of a demo, no claims and no results; what only they need (a library to compare with
takes seconds to import) is not computed for it.
"""

from typing import Any


class Later:
    """A base for dataclasses that set their parts in an __init__ of their own."""

    def keep(self, name: str, given: Any) -> None:
        """Sets a part, a tuple; given: its items, or a function that returns them."""
        if callable(given):
            self.__dict__.setdefault("later", {})[name] = given
        else:
            self.__dict__[name] = tuple(given)

    def __getattr__(self, name: str) -> Any:
        """Asked for what is not there: a part that has not been worked out. Two who ask at once both work it out.

        The function goes then, and with it what it held: tensors may be larger than all that is drawn of them.
        """
        later = self.__dict__.get("later", {})
        if work := later.get(name):
            self.__dict__[name] = tuple(work())
            later.pop(name, None)
        if name not in self.__dict__:
            raise AttributeError(f"{type(self).__name__} has no {name!r}")
        return self.__dict__[name]
