"""Pictures of a student's own, which the answers name: kept with them, in the same database.

None is replaced: another picture of a name that is there gets a further name, as a phone calls each of its photos
image.jpg; the same picture once more is the one that is there.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from study.export.photos import KINDS, Refused, opened, taken

if TYPE_CHECKING:
    from study.workbook.store import Store

MOST, MOST_BYTES = 40, 30 << 20  # of one student: pictures, their bytes together
LONGEST_NAME = 100  # characters, as the database takes them
#: Neither a path nor hidden: it is also the name of a file in the folder of an export.
NAME = re.compile(rf"\w[\w-]{{0,{LONGEST_NAME - 5}}}\.({'|'.join(KINDS.values())})")


@dataclass(frozen=True)
class Picture:
    """One that is kept, without its bytes. digest: SHA-256 of those."""

    name: str
    digest: str
    size: int


class Pictures:
    """Of one student. Every method raises Unkept."""

    def __init__(self, store: "Store", student: str):
        self._store, self._student = store, student

    def all(self) -> list[Picture]:
        """The oldest first."""
        return [Picture(*row) for row in self._store.pictures(self._student)]

    def data(self, name: str) -> bytes | None:
        """The file; None where there is none of this name."""
        return self._store.picture(self._student, name)

    def take(self, name: str, data: bytes) -> str:
        """Keeps the picture of a file; returns the name that answers use. Raises Refused."""
        photo = taken(name, data)
        names, left = self.add({photo.name: photo.data})
        if left:
            raise Refused("many")
        return names[photo.name]

    def add(self, given: Mapping[str, bytes]) -> tuple[dict[str, str], list[str]]:
        """Keeps pictures as they are: (the name that each has here, those for which there is no room)."""
        names: dict[str, str] = {}
        left: list[str] = []

        def decide(rows: Iterable) -> dict[str, bytes]:
            names.clear()
            left.clear()
            here, new = [Picture(*row) for row in rows], {}
            for name, data in given.items():
                digest = hashlib.sha256(data).hexdigest()
                same = [p.name for p in here if p.digest == digest]
                if same:
                    names[name] = name if name in same else same[0]
                elif len(here) >= MOST or sum(p.size for p in here) + len(data) > MOST_BYTES:
                    left.append(name)
                else:
                    names[name] = free(name, [p.name for p in here])
                    new[names[name]] = data
                    here.append(Picture(names[name], digest, len(data)))
            return new

        if given:
            self._store.add_pictures(self._student, decide)
        return names, left

    def remove(self, name: str) -> None:
        self._store.remove_picture(self._student, name)


def free(name: str, used: Iterable[str]) -> str:
    """This name, or with a number the first one that is free; to some disks a.png and A.png are the same."""
    folded, (stem, dot, ending) = {other.casefold() for other in used}, name.rpartition(".")
    n, wanted = 1, name
    while wanted.casefold() in folded:
        n += 1
        number = f"-{n}"
        wanted = f"{stem[: LONGEST_NAME - len(number) - len(dot + ending)]}{number}{dot}{ending}"
    return wanted


def sound(name: str, data: bytes) -> bool:
    """Is this a picture as it is kept, and its name one that is given?"""
    try:
        with opened(data):
            return bool(NAME.fullmatch(name))
    except Refused:
        return False
