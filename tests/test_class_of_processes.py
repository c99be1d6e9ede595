"""A class in two processes of the app that have nothing but a database in common: what one is told, the other shows."""

import asyncio
import contextlib
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from study.shell.class_routes import PULSE
from study.words import app_words
from tests.browser.driver import served
from tests.load.reader import Reader
from tests.postgres import database

SECRET, WORDS = "abcde-fghjk", app_words("en")
T5, DEMO = "t5_attention", "t5_attention.scaling"
VALUE, STRIP = f"{DEMO}.d_k", "_classroom"


@pytest.fixture
def apps(postgres):
    """The addresses of the two processes."""
    settings = {"STUDY_CLASS": "1", "STUDY_SECRET": SECRET, "STUDY_DATABASE_URL": database(postgres, "class_of_two")}
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        yield list(pool.map(lambda _: stack.enter_context(served(env=settings)), range(2)))


async def arrives(app: str, page: str) -> Reader:
    reader = Reader(app)
    await reader.arrive()
    await reader.open()
    await reader.visit(page, "lang=en")
    return reader


def pulse(app: str) -> str:
    """The version of the room, as this process tells it."""
    with urllib.request.urlopen(app + PULSE, timeout=30) as answer:
        return answer.read().decode().split()[0]


async def hears(reader: Reader, was: str) -> str:
    """The reader's page asks until the room has another version, and says so: what the strip's script does."""
    async with asyncio.timeout(60):
        while (new := await asyncio.to_thread(pulse, reader.url)) == was:
            await asyncio.sleep(0.1)
    await reader.say(STRIP, "changed", n=int(new))
    return new


def shown(reader: Reader) -> str:
    """The value of the demo's control on this reader's page."""
    data = reader.widgets[f"{VALUE}._thumb"].data
    return data["texts"][data["at"]]


async def follows(apps: list[str]) -> None:
    teacher, student = await asyncio.gather(arrives(apps[0], "classroom"), arrives(apps[1], ""))
    assert WORDS("class.waiting") in student.texts and teacher.visitor != student.visitor
    first = pulse(apps[1])
    await teacher.submit("_class_secret", SECRET, WORDS("class.enter"))
    assert WORDS("class.you_drive") in teacher.texts
    await teacher.visit(T5, f"lang=en&{VALUE}=128")
    await teacher.say(STRIP, "at", demo=DEMO, step="", n=1)
    await teacher.switch("_class_lead", on=True)
    led = await hears(student, first)
    assert not student.widgets[STRIP].data["go"], "offered, not forced"
    await student.switch("_class_follow", on=True)
    go = student.widgets[STRIP].data["go"]
    assert (go["page"], go["demo"]) == (T5, "scaling")
    await student.visit(T5, "lang=en")
    assert shown(student) == "128"
    await teacher.move(VALUE, "8")
    await teacher.say(STRIP, "at", demo=DEMO, step="", n=2)
    await hears(student, led)
    assert student.widgets[STRIP].data["go"]["n"] != go["n"]
    await student.act(f"{DEMO}._figure", name="follow", n=1)
    assert shown(student) == "8"
    assert teacher.errors == student.errors == 0
    for reader in (teacher, student):
        await reader.close()


def test_who_follows_goes_along_from_another_process(apps):
    asyncio.run(asyncio.wait_for(follows(apps), 180))
