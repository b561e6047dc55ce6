#!/usr/bin/env python3
"""Two-sample KS, 10^6 against 10^6 unsorted doubles, one thread: scipy.stats.ks_2samp and ours, in turns, in one run.

    meson setup build/release -Dbuildtype=release && ninja -C build/release src/stats/libkedge_stats.so
    python3 bench/ks.py [build/release/src/stats/libkedge_stats.so]

Prints the median time of each way and the ratio of medians, the p-value included. "sorted" is what a caller pays who
keeps the sorted samples afterwards, with the copies that are sorted in place (SciPy copies too); scratch is made once.
"unsorted" is stats_ks_unsorted(), which leaves its input as it is and sorts only where the distance can be. Exits with 1
when the answers differ.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import ctypes  # noqa: E402
import glob  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
import scipy.stats  # noqa: E402

SIZE = 1_000_000
TURNS = 9


class Sample(ctypes.Structure):
    _fields_ = [("values", ctypes.c_void_p), ("count", ctypes.c_size_t)]


class Ks(ctypes.Structure):
    _fields_ = [("statistic", ctypes.c_double), ("location", ctypes.c_double), ("sign", ctypes.c_int)]


class Ours:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.stats_ks.restype = self.lib.stats_ks_unsorted.restype = Ks
        self.lib.stats_ks_p.restype = ctypes.c_double
        self.space = np.empty(3 * SIZE)

    def _p(self, result, r, c):
        size = ctypes.c_size_t
        return result.statistic, self.lib.stats_ks_p(ctypes.c_double(result.statistic), size(len(r)), size(len(c)),
                                                     ctypes.c_void_p(self.space.ctypes.data))

    def sorted(self, r, c):
        r, c = r.copy(), c.copy()
        for x in (r, c):
            self.lib.stats_sort(ctypes.c_void_p(x.ctypes.data), ctypes.c_size_t(len(x)),
                                ctypes.c_void_p(self.space.ctypes.data))
        return self._p(self.lib.stats_ks(Sample(r.ctypes.data, len(r)), Sample(c.ctypes.data, len(c))), r, c)

    def unsorted(self, r, c):
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        return self._p(self.lib.stats_ks_unsorted(pointer(r.ctypes.data), size(len(r)), pointer(c.ctypes.data),
                                                  size(len(c)), pointer(self.space.ctypes.data)), r, c)


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    built = sys.argv[1:] or sorted(glob.glob(root + "/build/release/src/stats/libkedge_stats.so"))
    if len(built) != 1:
        sys.exit(__doc__)
    ours = Ours(built[0])
    rng = np.random.default_rng(1)
    same = True
    for what, shift in (("no drift", 0.0), ("shift of 0.005 sigma", 0.005)):
        r, c = rng.normal(size=SIZE), rng.normal(shift, 1, size=SIZE)
        ways = {"scipy": lambda r, c: scipy.stats.ks_2samp(r, c)[:2], "sorted": ours.sorted, "unsorted": ours.unsorted}
        times, answers = {name: [] for name in ways}, {}
        for _ in range(TURNS):
            for name, way in ways.items():
                start = time.perf_counter()
                answers[name] = way(r, c)
                times[name].append(time.perf_counter() - start)
        medians = {name: statistics.median(values) for name, values in times.items()}
        for name, median in medians.items():
            print(f"{what:22} {name:9} {median * 1e3:8.2f} ms   {medians['scipy'] / median:6.1f} times scipy")
            same &= bool(np.allclose(answers[name], answers["scipy"], rtol=1e-9, atol=1e-12))
    sys.exit(0 if same else "the answers differ")


if __name__ == "__main__":
    main()
