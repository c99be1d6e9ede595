"""The loads of a class, each on a server that runs: what it does is said in its docstring, what it prints is a Line."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tests.cluster import cpu, memory, pid_of
from tests.load.figures import Line
from tests.load.reader import Reader

PAUSE = 2.0  # seconds between two moves of a reader


@dataclass(frozen=True)
class Page:
    """Where the readers are, and the slider that they move. watched: the processes that are measured."""

    url: str
    name: str
    query: str
    key: str
    watched: tuple[str, ...] = ()

    @property
    def pids(self) -> list[int]:
        return [pid_of(url) for url in self.watched or (self.url,)]

    def cpu(self) -> float:
        return sum(map(cpu, self.pids))

    def memory(self) -> int:
        return sum(map(memory, self.pids))


async def come(page: Page) -> Reader:
    """Document, connection, page: as a new reader comes. Raises what the reader raises."""
    reader = Reader(page.url)
    await reader.arrive()
    await reader.open()
    await reader.visit(page.name, page.query)
    return reader


async def leave(readers: list[Reader]) -> None:
    for reader in readers:
        await reader.close()


async def warm(page: Page) -> None:
    """Imports are done and every step of the slider is in the cache before the clock starts, in every process."""
    for url in page.watched or (page.url,):
        reader = Reader(url)
        await reader.open()
        await reader.visit(page.name, page.query)
        for text in reader.steps(page.key):
            await reader.move(page.key, text)
        await reader.close()
    quiet = 0
    while quiet < 4:  # the app imports its lessons behind the first readers' backs
        before = page.cpu()
        await asyncio.sleep(1)
        quiet = quiet + 1 if page.cpu() - before < 0.2 else 0


async def working(page: Page, readers: list[Reader], seconds: float, times: list[float]) -> int:
    """Each moves its slider every two seconds. Fills times; returns how many gave up."""

    async def one(reader: Reader) -> None:
        rng = random.Random(id(reader))
        until = time.monotonic() + seconds
        await asyncio.sleep(rng.uniform(0, PAUSE))
        while time.monotonic() < until:
            took = await reader.move(page.key, rng.choice(reader.steps(page.key)))
            times.append(took)
            await asyncio.sleep(max(0, PAUSE - took))

    results = await asyncio.gather(*map(one, readers), return_exceptions=True)
    return sum(isinstance(result, Exception) for result in results)


async def moves(page: Page, sessions: int, seconds: float, what: str, bound: str = "") -> Line:
    """So many readers of T5, each moving the slider of `scaling` every two seconds."""
    before, readers = page.memory(), []
    for _ in range(sessions):
        readers.append(await come(page))
    grown, times = page.memory() - before, []
    received, began = sum(reader.received for reader in readers), page.cpu()
    failed = await working(page, readers, seconds, times)
    took, sent = page.cpu() - began, sum(reader.received for reader in readers) - received
    errors = failed + sum(reader.errors for reader in readers)
    await leave(readers)
    each = len(times) or 1
    return Line(what, times, took / each, sent / each / 1000, grown / sessions, errors, bound)


async def opening(page: Page, sessions: int, within: float, what: str, bound: str = "") -> Line:
    """So many new readers open the lesson within some seconds: until the first figure has come."""
    began, readers = page.cpu(), [Reader(page.url) for _ in range(sessions)]

    async def one(reader: Reader, after: float) -> float:
        await asyncio.sleep(after)
        start = time.perf_counter()
        await reader.arrive()
        await reader.open()
        await reader.visit(page.name, page.query)
        return reader.drawn - start

    results = await asyncio.gather(
        *(one(reader, within * i / sessions) for i, reader in enumerate(readers)), return_exceptions=True
    )
    times = [result for result in results if isinstance(result, float)]
    errors = sessions - len(times) + sum(reader.errors for reader in readers)
    received = sum(reader.received for reader in readers) / sessions / 1000
    line = Line(what, times, (page.cpu() - began) / sessions, received, errors=errors, bound=bound)
    await leave(readers)
    return line


async def idle(page: Page, sessions: int, seconds: float, what: str, bound: str = "") -> Line:
    """So many open sessions that do nothing; then all of them move once, one after the other."""
    readers, base = [], page.memory()
    for i in range(sessions):
        readers.append(await come(page))
        if i == sessions // 5:
            base = page.memory()  # the first ones fill what all share
    further = (page.memory() - base) / max(1, sessions - sessions // 5 - 1)
    began = page.cpu()
    await asyncio.sleep(seconds)
    took = (page.cpu() - began) / seconds
    times, failed = [], 0
    for reader in readers:
        try:
            times.append(await reader.move(page.key, reader.steps(page.key)[0]))
        except (ConnectionError, TimeoutError):
            failed += 1
    errors = failed + sum(reader.errors for reader in readers)
    await leave(readers)
    return Line(f"{what}; at rest {100 * took:.1f}% of a core", times, memory=further, errors=errors, bound=bound)


async def flat(page: Page, sessions: int, seconds: float, what: str, bound: str = "") -> Line:
    """Readers move and others come and go for minutes: how much more memory there is at the end than after a third."""
    times, samples, ended = [], [], asyncio.Event()
    readers = [await come(page) for _ in range(sessions)]

    async def visitors() -> None:
        while not ended.is_set():
            with contextlib.suppress(ConnectionError, TimeoutError):
                await leave([await come(page)])
            await asyncio.sleep(PAUSE)

    async def watch() -> None:
        while not ended.is_set():
            samples.append(page.memory())
            await asyncio.sleep(1)

    others = [asyncio.create_task(visitors()), asyncio.create_task(watch())]
    failed = await working(page, readers, seconds, times)
    ended.set()
    await asyncio.gather(*others)
    third = len(samples) // 3
    early, late = (sorted(part)[len(part) // 2] for part in (samples[third : 2 * third], samples[2 * third :]))
    errors = failed + sum(reader.errors for reader in readers)
    await leave(readers)
    said = f"{what}: {early / 1000:.0f} MB in the middle third, {late / 1000:.0f} MB in the last"
    return Line(said, times, errors=errors, bound=bound)


@contextlib.asynccontextmanager
async def training(page: Page, count: int) -> AsyncIterator[None]:
    """Meanwhile so many other readers have pressed Start at a training, again and again."""

    async def one() -> None:
        reader = Reader(page.url)
        await reader.open()
        await reader.visit(page.name, f"{page.name}.train_live.kind=dot")
        try:
            while True:
                await reader.press(f"{page.name}.train_live._go")
        finally:
            await reader.close()

    tasks = [asyncio.create_task(one()) for _ in range(count)]
    await asyncio.sleep(6)  # the worker has begun
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def beside_jobs(page: Page, sessions: int, jobs: int, seconds: float) -> list[Line]:
    """The same readers without and with others' long jobs; what counts is the difference."""
    alone = await moves(page, sessions, seconds, f"{sessions} readers, no job")
    async with training(page, jobs):
        among = await moves(page, sessions, seconds, f"{sessions} readers, {jobs} long jobs of others")
    among.bound = "p95 at most 50 ms more than without"
    return [alone, among]
