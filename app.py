"""Entry: `streamlit run app.py` serves the script study/main.py with a route for plotly.js and a warm start."""

import gc
import logging
import sys
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parent))

from study.live_figure import routes


def _warm() -> None:
    """Imports what lessons need, then freezes: Streamlit collects garbage after every rerun (see study/lesson.py)."""
    try:
        import torch

        from study.demo import demos
        from study.notes import lessons

        torch.set_num_threads(1)
        for lesson in lessons:
            demos(lesson.stem)
    except Exception:
        logging.getLogger(__name__).exception("could not warm up; lessons will load on first use")
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def _lifespan(app):
    warm = threading.Timer(2.0, _warm)  # the home page is not kept waiting
    warm.daemon = True
    warm.start()
    yield
    warm.cancel()


app = st.App("study/main.py", routes=routes, lifespan=_lifespan)
