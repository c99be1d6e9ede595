"""Stored runs: what a demo that works for a while yielded on another machine, shown before the reader presses Start.

pages/<stem>/<demo>.json holds a run at the demo's defaults and one at each of its presets, as
`python -m study.stored <stem>.<demo>` writes them: the last evidence, and when and where it came about.
"""

import datetime
import functools
import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from study import link
from study.demo import STEP, Claim, Demo, Evidence, Measured, Origin, Step, demos
from study.views import Heatmap, Lines, Say, Series, Table
from study.views.base import numbers
from study.words import ROOT

#: What such a demo shows so far. A view that keeps less than it was given (Histogram) could not be read back.
KINDS = {kind.__name__: kind for kind in (Heatmap, Lines, Series, Table, Claim, Measured)}


@dataclass(frozen=True)
class Stored:
    """A run: its controls' values as in a link, its evidence, and how it came about.

    seconds: of computing, which a machine that others use at the same time does not stretch.
    """

    link: Mapping[str, str]
    date: str  # of the run, ISO 8601
    seconds: float
    system: str
    cores: int
    threads: int  # that computed
    versions: str  # of Python and the libraries that computed
    evidence: Evidence


def path_of(demo: Demo, root: Path = ROOT) -> Path:
    return root / "pages" / demo.stem / f"{demo.name}.json"


def load(demo: Demo) -> tuple[Stored, ...]:
    """The stored runs of a demo, that at its defaults first; none where there is no file.

    Raises ValueError or TypeError where the file is not one that `save` wrote.
    """
    path = path_of(demo)
    return _read(path, path.stat().st_mtime_ns) if path.exists() else ()


def nearest(demo: Demo, values: Mapping[str, Any]) -> tuple[Stored | None, bool]:
    """The stored run of these control values and True, or else that of the defaults (if there is one) and False."""
    runs, (wanted, _) = load(demo), link.write(demo, demo.values(dict(values)))
    same = next((run for run in runs if run.link == wanted), None)
    return (same, True) if same else (next(iter(runs), None), False)


@functools.lru_cache(maxsize=16)
def _read(path: Path, modified: int) -> tuple[Stored, ...]:
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    return tuple(Stored(**run | {"evidence": decoded(run["evidence"])}) for run in runs)


def encoded(evidence: Evidence) -> dict[str, Any]:
    """Evidence as JSON takes it, with every digit of its numbers. Raises KeyError for a view that is not in KINDS."""
    notices = {"notices": [_plain(notice) for notice in evidence.notices]} if evidence.notices else {}
    return {
        "steps": [{"name": step.name, "views": [_plain(view) for view in step.views]} for step in evidence.steps],
        "claims": [_plain(claim) for claim in evidence.claims],
        "measured": [_plain(result) for result in evidence.measured],
        "origin": evidence.origin.value,
        "source": evidence.source,
        **notices,
    }


def decoded(data: Mapping[str, Any]) -> Evidence:
    """What `encoded` was made from."""
    steps = [Step(step["name"], *map(_made, step["views"])) for step in data["steps"]]
    parts = {name: tuple(map(_made, data.get(name, ()))) for name in ("claims", "measured", "notices")}
    return Evidence(*steps, **parts, origin=Origin(data["origin"]), source=data["source"])


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return numbers(value)
    if isinstance(value, Say):
        return {"is": "Say", "key": value.key, **dict(value.values)}
    if is_dataclass(value):
        name = type(value).__name__
        given = {f.name: getattr(value, f.name) for f in fields(KINDS[name])}
        defaults = {f.name: f.default for f in fields(value) if f.default is not MISSING}
        told = {k: _plain(v) for k, v in given.items() if isinstance(v, np.ndarray) or v != defaults.get(k, MISSING)}
        return {"is": name, **told}
    return [_plain(v) for v in value] if isinstance(value, tuple | list) else value


def _made(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_made, value))
    if not isinstance(value, dict):
        return value
    given = {name: _made(part) for name, part in value.items() if name != "is"}
    return Say(given.pop("key"), **given) if value["is"] == "Say" else KINDS[value["is"]](**given)


def record(demo: Demo, values: Mapping[str, Any]) -> Stored:
    """Runs the demo to its end, here and now."""
    began = time.process_time()
    evidence = demo(**values)
    seconds = round(time.process_time() - began, 1)
    system, cores = f"{platform.system()} {platform.machine()}", os.cpu_count() or 1
    threads = int(os.environ.get("OMP_NUM_THREADS") or cores)
    versions = f"Python {platform.python_version()}, torch {version('torch')}, NumPy {version('numpy')}"
    query, _ = link.write(demo, demo.values(dict(values)))
    return Stored(query, datetime.date.today().isoformat(), seconds, system, cores, threads, versions, evidence)


def states(demo: Demo) -> list[dict[str, Any]]:
    """The control values of the runs that are stored: the defaults, and each preset's that differ from them."""
    presets = [{k: v for k, v in preset.items() if k != STEP} for preset in demo.presets.values()]
    kept: dict[str, dict[str, Any]] = {}
    for values in [{}, *presets]:
        kept.setdefault(json.dumps(link.write(demo, demo.values(values))[0]), values)
    return list(kept.values())


def save(demo: Demo) -> None:
    """Records all of its states and writes the file, one run a line."""
    next(demo.start())  # what a first call alone pays for (imports, a model that is loaded) is no part of any run
    runs = []
    for values in states(demo):
        run = record(demo, values)
        runs.append({f.name: getattr(run, f.name) for f in fields(run)} | {"evidence": encoded(run.evidence)})
        print(f"{demo.stem}.{demo.name} {run.link}: {run.seconds} s")
    command = f"python -m study.stored {demo.stem}.{demo.name}"
    lines = ",\n".join(json.dumps(run, ensure_ascii=False, allow_nan=False, separators=(",", ":")) for run in runs)
    path_of(demo).write_text(f'{{"command": "{command}", "runs": [\n{lines}\n]}}\n', encoding="utf-8")


def main(names: list[str]) -> None:
    for name in names:
        stem, demo = name.split(".")
        save(demos(stem)[demo])


if __name__ == "__main__":
    main(sys.argv[1:])
