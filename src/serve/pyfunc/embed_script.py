"""Turns a script into the bytes of a C array: embed_script.py IN OUT."""

import sys

with open(sys.argv[1], "rb") as script, open(sys.argv[2], "w") as out:
    data = script.read() + b"\0"
    for start in range(0, len(data), 24):
        out.write("".join(f"{byte}," for byte in data[start : start + 24]) + "\n")
