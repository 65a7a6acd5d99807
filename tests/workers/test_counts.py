"""Counts: what many threads count at a time."""

import time
from concurrent.futures import ThreadPoolExecutor

from pyswfaws.workers.counts import Counts


class Slow(Counts):
    """Lets others run between reading a count and writing it."""

    def __getitem__(self, what):
        number = super().__getitem__(what)
        time.sleep(0.001)
        return number


def test_of_what_many_threads_count_nothing_is_lost():
    counts = Slow()
    with ThreadPoolExecutor(8) as threads:
        for number in range(1, 17):
            threads.submit(counts.add, 'polls', number)
    assert counts == {'polls': 136}


def test_a_copy_is_one_like_it():
    counts = Counts({'polls': 3})
    copy = counts.copy()
    copy.add('polls')
    assert (counts['polls'], copy['polls'], counts['hits']) == (3, 4, 0)
