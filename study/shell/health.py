"""/metrics: what the process does, in the text form that Prometheus reads. It tells numbers, no names and no texts.

Streamlit's own /_stcore/health says whether the process answers; deploy/README.md lists what is told here.
"""

import functools
import ipaddress
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit import runtime

from study.jobs import line

PATH = "/metrics"
LOOPBACK = "127.0.0.0/8,::1/128"
#: What only a proxy adds: a proxy on this machine has a loopback address, whoever asked it.
FORWARDED = ("x-forwarded-for", "x-real-ip", "forwarded")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)  # CPU and resident memory (Linux)
_RUNS = Histogram(
    "study_run_seconds",
    "A run of the script: the whole page, one demo, or one that works for a while and waits for that",
    ["part"],
    registry=REGISTRY,
    buckets=SECONDS,
)


def run(part: str) -> AbstractContextManager:
    """Counts what runs in it, and for how long. part: page, demo or work."""
    return _RUNS.labels(part).time()


class _Now:
    """Sessions with an open connection, and jobs, asked for when somebody reads."""

    def collect(self) -> Iterator[Metric]:
        found = runtime.get_instance().stats_mgr.get_stats(family_names=["active_sessions"]) if runtime.exists() else {}
        count = sum(stat.value for stats in found.values() for stat in stats)
        yield GaugeMetricFamily("study_sessions", "Sessions with an open connection", value=count)
        yield GaugeMetricFamily("study_jobs_running", "Jobs under way", value=line().running)
        yield GaugeMetricFamily("study_jobs_waiting", "Jobs in the queue", value=line().length)


REGISTRY.register(_Now())


@functools.cache
def _networks(given: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Addresses and networks, separated by commas. Raises ValueError for anything else."""
    return tuple(ipaddress.ip_network(part.strip()) for part in given.split(",") if part.strip())


def allowed(host: str, headers: dict[str, str], given: str = "") -> bool:
    """May this client read? given: networks (STUDY_METRICS_FROM); without, this machine. Never through a proxy."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    forwarded = any(name in headers for name in FORWARDED)
    return not forwarded and any(address in network for network in _networks(given or LOOPBACK))


async def _metrics(request: Request) -> Response:
    host = request.client.host if request.client else ""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if not allowed(host, headers, os.environ.get("STUDY_METRICS_FROM", "")):
        return Response("only from this machine: see deploy/README.md", status_code=403, media_type="text/plain")
    text = await run_in_threadpool(generate_latest, REGISTRY)
    return Response(text, headers={"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"})


routes = [Route(PATH, _metrics)]
