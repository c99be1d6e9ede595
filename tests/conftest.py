"""One thread a process, as the app serves: small matrices do not wait for a second core."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
