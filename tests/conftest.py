"""One thread a process, as the app serves: small matrices do not wait for a second core. A workbook for each run."""

import os
import tempfile
from collections.abc import Iterator

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
# What the tests write must never land in the workbook of who runs them; servers that tests start inherit it.
_folder = tempfile.TemporaryDirectory(prefix="workbook")
os.environ["STUDY_DATABASE_URL"] = f"sqlite:///{_folder.name}/workbook.sqlite"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server: STUDY_TEST_POSTGRES, or one that is started from Debian's package."""
    if url := os.environ.get("STUDY_TEST_POSTGRES"):
        yield url
        return
    from tests.postgres import programs, running

    bin_ = programs()
    if not bin_:
        assert not os.environ.get("CI"), "no PostgreSQL: .ci/run installs the package postgresql"
        pytest.skip("no PostgreSQL here (Debian: apt install postgresql)")
    with running(bin_) as url:
        yield url
