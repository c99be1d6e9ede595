"""What the requirements ask for can stand together: the pip of a fresh machine is not the first to refuse them."""

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-dev.txt")


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _asked() -> Iterator[Requirement]:
    """The lines of both files that apply on this system, and what the packages that they name ask for."""
    for name in FILES:
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if line and line[0] not in "#-" and _applies(asked := Requirement(line.partition(" #")[0])):
                yield asked
                yield from filter(_applies, map(Requirement, metadata.requires(asked.name) or []))


def test_what_is_installed_is_what_is_asked_for_by_us_and_by_what_we_use():
    unfit = [str(r) for r in _asked() if not r.specifier.contains(metadata.version(r.name), prereleases=True)]
    assert len(list(_asked())) > 100
    assert not unfit
