"""The median of a few calls, without the first."""

import time

from models.timing import median_ms


def test_the_first_call_does_not_count():
    slow_then_quick = iter([0.2, 0.02, 0.02, 0.02])
    assert 15 <= median_ms(lambda: time.sleep(next(slow_then_quick))) < 150


def test_one_slow_call_of_three_does_not_count():
    calls = iter([0, 0.3, 0, 0])
    assert median_ms(lambda: time.sleep(next(calls))) < 100
