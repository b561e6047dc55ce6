"""A model of the standard library alone, and one that does what each row's "deed" says, to test who supervises it.

Answers factor * (x + y); a missing y counts as 0.
"""

import json
import os
import signal
import sys
import time


def cells(data):
    """Rows of (deed, x, y), from a data frame or from lists."""
    if hasattr(data, "to_dict"):
        rows = [(row.get("deed"), row["x"], row.get("y", 0)) for row in data.to_dict("records")]
    else:
        rows = [tuple(row) for row in data]
    return [(deed, x, 0 if y is None or y != y else y) for deed, x, y in rows]


def do(deed):
    if deed == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif deed == "exit":
        sys.stdout.write("goodbye\n")
        os._exit(3)
    elif deed == "garbage":
        os.write(3, b"\xff\xff\xff\x7fthis is no frame at all")
    elif deed == "small garbage":
        os.write(3, b"\x05\x00\x00\x00Awhat")
    elif deed == "sleep":
        time.sleep(3600)
    elif deed == "raise":
        raise ValueError("x must be sane")
    elif deed == "shout":
        sys.stderr.write("a word without an end " * 60)
    elif deed == "descriptors":
        raise ValueError("open: " + " ".join(sorted(os.listdir("/proc/self/fd"), key=int)))


class Tiny:
    def __init__(self, factor):
        self.factor = factor

    def predict(self, data):
        rows = cells(data)
        for deed, _, _ in rows:
            do(deed)
        if any(deed == "few" for deed, _, _ in rows):
            return []
        return [self.factor * (x + y) for _, x, y in rows]


def _load_pyfunc(path):
    with open(path) as file:
        return Tiny(json.load(file)["factor"])
