"""Entry: `streamlit run app.py` serves the script study/shell/main.py with routes of ours and a warm start."""

import gc
import itertools
import logging
import sys
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

sys.path.insert(0, str(Path(__file__).resolve().parent))

from study.classroom import is_class
from study.shell import class_routes, document, formula, guard, health, parts
from study.shell.visitor import Visitor

NEVER = 1_000_000  # searches of what is younger before Python itself searches all that is not frozen: we do
QUIET = 2.0  # seconds in which the home page comes, before anything is made ready
EVERY = 1.0  # seconds between two searches of what is not frozen: a hundred readers leave 5,000 objects in one
FREEZE, ALL = 10, 300  # searches between two freezes, and between two searches in all that lives


def _warm() -> None:
    """Imports what lessons need, before somebody asks for one."""
    try:
        import torch

        from study.demo import demos
        from study.notes import lessons
        from study.search import find

        torch.set_num_threads(1)
        for lesson in lessons:
            demos(lesson.stem)
        torch.optim.SGD([torch.zeros(1)])  # the first optimiser of a process imports torch._dynamo: seconds
        find(lessons[0].number, lessons)  # reads all notes, a second
        formula.all_drawn()
    except Exception:
        logging.getLogger(__name__).exception("could not warm up; lessons will load on first use")


def _keep(stop: threading.Event) -> None:
    """Python searches for garbage in what was made lately and, now and then, in everything that lives: libraries,
    weights, all sessions of a class; meanwhile everybody waits. So what has lived for a while is frozen, which is not
    searched, and the rest searched often, a little at a time. Every few minutes all is, so that what sessions leave
    behind goes. (Streamlit would search everything after every run: config.toml.)
    """
    stop.wait(QUIET)
    _warm()
    gc.set_threshold(700, 10, NEVER)
    for turn in itertools.count():
        if turn % ALL == 0:
            gc.unfreeze()
        gc.collect()
        if turn % FREEZE == 0:
            gc.freeze()
        if stop.wait(EVERY):
            return


@asynccontextmanager
async def _lifespan(app):
    stop = threading.Event()
    threading.Thread(target=_keep, args=(stop,), daemon=True).start()
    yield
    stop.set()


routes = [*parts.routes, *document.routes, *formula.routes, *health.routes]
middleware = [Middleware(document.Document)]
if is_class():
    routes += class_routes.routes
    middleware = [Middleware(class_routes.Pulse), Middleware(Visitor), *middleware]
middleware = [Middleware(guard.Guard), *middleware]  # the first one is the outermost
app = st.App("study/shell/main.py", routes=routes, lifespan=_lifespan, middleware=middleware)
