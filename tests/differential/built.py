"""Where the built things are that these tests compare: the build folder of KEDGE_BUILD, else build/release.

Never a guess among several build folders: a sanitizer's library ends the Python process that loads it.
"""

import ctypes
import os
import pathlib

import pytest

BUILD = pathlib.Path(os.environ.get("KEDGE_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build/release"))


def path_of(name):
    path = BUILD / name
    if not path.exists():
        pytest.skip(f"{path} is not built: make", allow_module_level=True)
    return str(path)


def stats_library():
    return ctypes.CDLL(path_of("src/stats/libkedge_stats.so"))


def kedge_binary():
    return path_of("src/cli/kedge")
