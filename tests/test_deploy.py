"""deploy/nginx.conf and two processes of the app: readers stay at theirs, and one that dies takes nothing with it."""

import asyncio
import contextlib
import json
import os
import random
import re
import urllib.error
import urllib.request

import pytest
import yaml

from study.shell.document import _style_path
from study.shell.parts import PATH
from study.words import ROOT, app_words
from tests import cluster, nginx
from tests.load.reader import Reader
from tests.postgres import database as empty

T5, KEY = "t5_attention", "t5_attention.scaling.d_k"
READERS, MOVES = 20, 4
BOX = f"{T5}._answer"


@pytest.fixture(scope="module")
def database(postgres):
    """The URL of an empty database of its own."""
    return empty(postgres, "deployed")


@pytest.fixture(scope="module")
def running(database):
    if not nginx.program():
        assert not os.environ.get("CI"), "no nginx: .ci/run installs the package nginx"
        pytest.skip("no nginx here (Debian: apt install nginx)")
    with cluster.running(database) as found:
        yield found


def test_the_two_files_speak_of_the_same_processes():
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    apps = {name: service["environment"] for name, service in services.items() if name.startswith("app-")}
    servers = {f"{name}:{environment['STREAMLIT_SERVER_PORT']}" for name, environment in apps.items()}
    config = nginx.CONFIG.read_text(encoding="utf-8")
    assert set(re.findall(r"^ +server +(app-\S+)", config, re.MULTILINE)) == servers
    assert {int(server.rpartition(":")[2]) for server in servers} == set(nginx.PORTS)
    assert len({json.dumps(environment["STREAMLIT_SERVER_COOKIE_SECRET"]) for environment in apps.values()}) == 1


def asked(url: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers of an address."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as error:
        return error.code, {}


def test_what_nginx_serves_itself_and_what_it_keeps_to_itself(running):
    zipped = {"Accept-Encoding": "gzip"}
    for path in (_style_path(), PATH):
        for _ in range(2):  # from the process, then from nginx's own folder
            status, headers = asked(running.url + path, **zipped)
            assert status == 200 and "immutable" in headers["cache-control"], path
            assert headers["content-encoding"] == "gzip" and "set-cookie" not in headers, path
    _, card = asked(f"{running.url}/live/card/gpt")
    assert "immutable" not in card.get("cache-control", "")
    for path in ("/metrics", "/_stcore/metrics"):
        assert asked(running.url + path)[0] == 404
        assert asked(running.apps[0] + path)[0] == 200
    assert asked(f"{running.apps[0]}/metrics", **{"X-Forwarded-For": "10.0.0.7"})[0] == 403
    assert asked(f"{running.url}/_stcore/health")[0] == 200


async def comes(url: str) -> Reader:
    reader = Reader(url)
    await reader.arrive()
    given = reader.seat
    await reader.open()
    assert reader.seat == given in ("a", "b")  # the connection leads where the document came from
    await reader.visit(T5, f"{KEY}=8")
    return reader


async def moves(reader: Reader, times: int) -> int:
    """Moves a control so often; reconnects, as a browser does, when the connection is lost. How often that was."""
    rng, lost = random.Random(reader.session), 0
    for _ in range(times):
        try:
            await reader.move(KEY, rng.choice(reader.steps(KEY)))
        except ConnectionError:
            lost += 1
            await reader.open()
            await reader.visit(T5, f"{KEY}=8")
        await asyncio.sleep(rng.uniform(0.1, 0.4))
    return lost


async def answers(reader: Reader, text: str) -> None:
    """Writes an answer under the lesson."""
    await reader.act(f"{BOX}._figure", name="near")
    box = reader.widgets[BOX].data
    await reader.tell(BOX, typed={"text": text, "n": box["n"] + 1, "seen": box["seen"], "session": box["session"]})
    assert reader.widgets[BOX].data["status"]["kind"] == "saved"


async def a_class(running: cluster.Cluster) -> None:
    readers = await asyncio.gather(*(comes(running.url) for _ in range(READERS)))
    at_first = [reader.seat for reader in readers]
    assert set(at_first) == {"a", "b"}
    writer = next(reader for reader in readers if reader.seat == "a")
    await answers(writer, "Written before the process died.")
    work = [asyncio.create_task(moves(reader, MOVES)) for reader in readers]
    await asyncio.sleep(0.5)
    running.kill(0)
    lost = await asyncio.gather(*work)
    for reader, seat, times in zip(readers, at_first, lost, strict=True):
        assert reader.seat == "b" and times == (seat == "a") and reader.errors == 0
    await writer.act(f"{BOX}._figure", name="near")
    assert writer.widgets[BOX].data["text"] == "Written before the process died."
    for reader in readers:
        with contextlib.suppress(Exception):
            await reader.close()


def test_a_process_that_dies_under_load_takes_nothing_with_it(running):
    asyncio.run(asyncio.wait_for(a_class(running), 120))


async def told(reader: Reader, text: str) -> None:
    async with asyncio.timeout(60):
        while text not in reader.texts:
            await asyncio.sleep(0.05)


def jobs(url: str) -> list[float]:
    """How many are under way, and how many wait, as /metrics tells."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return [float(re.search(rf"^study_jobs_{what} (\S+)", text, re.MULTILINE)[1]) for what in ("running", "waiting")]


async def counted(url: str, wanted: list[float]) -> None:
    async with asyncio.timeout(60):
        while jobs(url) != wanted:
            await asyncio.sleep(0.05)


async def a_queue(url: str) -> None:
    readers = [Reader(url) for _ in range(3)]
    first, third = readers[0], readers[2]
    long, live = "t3_positional_encoding.beyond", f"{T5}.train_live"
    for reader, query in zip(readers, (f"{long}.pairs=500", f"{live}.seed=0", f"lang=zh&{live}.seed=0"), strict=True):
        await reader.open()
        await reader.visit("t3_positional_encoding" if reader is first else T5, query)
    work = []
    for place, (reader, go) in enumerate(zip(readers, (long, live, live), strict=True)):
        work.append(asyncio.create_task(reader.press(f"{go}._go")))
        if place:
            await told(reader, app_words("zh" if reader is third else "en")("work_ahead", n=place))
        else:
            await counted(url, [1, 0])
    assert jobs(url) == [1, 2]
    work.append(asyncio.create_task(first.press(f"{long}._go")))  # Stop
    await asyncio.gather(*work)
    await counted(url, [0, 0])
    assert not any(reader.errors for reader in readers)
    for reader in readers:
        await reader.close()


def test_who_waits_for_others_work_is_told_how_long(running):
    """At one process: the queue is its own. The first job takes twenty seconds; it is stopped."""
    asyncio.run(asyncio.wait_for(a_queue(running.apps[1]), 240))
