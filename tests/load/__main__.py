"""A whole class at once, without browsers:  python -m tests.load [part …] [--sessions N] [--seconds S] [--short]

Without a part all of them, one table (half an hour; --short: five minutes, with fewer sessions and without a browser).
Nothing is asserted: the bound stands beside the number. The client runs on the same machine and takes its share of it.

class     100 readers who move a control every two seconds; 60 who open the lesson within five; both on a bare page,
          too: a script with the same slider and the same figure through st.plotly_chart
idle      500 sessions that do nothing: they hold, and what each further one costs in memory
flat      memory over ten minutes in which readers work, come and go
jobs      40 readers alone, and beside ten others who train
cluster   200 readers before nginx and two processes, workbooks in PostgreSQL (Debian's packages nginx and postgresql)
browser   what tests.bench.bench_pages and bench_shift print of one reader's browser
"""

import argparse
import asyncio
import datetime
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import cluster, nginx, postgres
from tests.bench.bench_pages import AS_IT_COMES, written
from tests.browser.driver import served
from tests.load.figures import Line, heading
from tests.load.measure import Page, beside_jobs, flat, idle, moves, opening, warm

STEM, KEY = "t5_attention", "t5_attention.scaling.d_k"
PARTS = ("class", "idle", "flat", "jobs", "cluster", "browser")


def ours(url: str, *watched: str) -> Page:
    return Page(url, STEM, f"{KEY}=8", KEY, watched)


async def of_class(page: Page, sessions: int, seconds: float, bound: bool) -> list[Line]:
    await warm(page)
    who, many = ("bare page", "") if not bound else ("ours", "p95 150 ms, 12 ms CPU, no error")
    come = "p95 3 s, 80 ms CPU, 80 kB" if bound else ""
    return [
        await opening(page, min(60, sessions), 5.0, f"{who}: {min(60, sessions)} open it within 5 s", come),
        await moves(page, sessions, seconds, f"{who}: {sessions} move every 2 s", many),
    ]


def measured(part: str, sessions: int | None, seconds: float | None, short: bool) -> Iterator[Line]:
    """The lines of one part, each as soon as it is known."""

    def size(full: int, little: int) -> int:
        return sessions or (little if short else full)

    def time(full: float, little: float) -> float:
        return seconds or (little if short else full)

    if part == "class":
        with tempfile.TemporaryDirectory() as folder, served(written(Path(folder)), AS_IT_COMES) as url:
            page = Page(url, "", f"what={KEY}", "control")
            yield from asyncio.run(of_class(page, size(100, 20), time(30, 10), False))
    if part == "cluster":
        with postgres.running(postgres.programs()) as database, cluster.running(database) as running:
            page, count = ours(running.url, *running.apps), size(200, 20)
            asyncio.run(warm(page))
            what, bound = f"{count} behind nginx, {len(nginx.PORTS)} processes", "p95 200 ms, no error"
            yield asyncio.run(moves(page, count, time(60, 10), what, bound))
        return
    with served() as url:
        page = ours(url)
        if part == "class":
            yield from asyncio.run(of_class(page, size(100, 20), time(30, 10), True))
            return
        asyncio.run(warm(page))
        if part == "idle":
            count = size(500, 40)
            yield asyncio.run(idle(page, count, time(60, 10), f"{count} idle", "all hold; 300 kB a further session"))
        elif part == "flat":
            count = size(40, 10)
            yield asyncio.run(flat(page, count, time(600, 30), f"{count} work, others come and go", "flat"))
        else:
            few = size(40, 10)
            yield from asyncio.run(beside_jobs(page, few, max(2, few // 4), time(60, 15)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--sessions", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--short", action="store_true")
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{datetime.date.today()}, {platform.platform()}, {os.cpu_count()} cores, load before: {load:.1f}\n")
    print(heading(), flush=True)
    for part in asked.parts or PARTS[: -1 if asked.short else None]:
        if part == "browser":
            for bench in ("bench_pages", "bench_shift"):
                print(f"\n{bench}", flush=True)
                subprocess.run([sys.executable, "-m", f"tests.bench.{bench}"], check=True)
            continue
        for line in measured(part, asked.sessions, asked.seconds, asked.short):
            print(line, flush=True)


if __name__ == "__main__":
    main()
