"""The data engines that are installed here, for the tests of what every engine does."""

from __future__ import annotations

import os
from types import ModuleType

import pytest

from capmodel import plugins
from capmodel.baseline import engines

PROMISES = ("available", "open_session")
#: Where Spark runs: in one process, or as the variable says. `.ci/run` asks all of it again of a cluster of two workers in processes
#: of their own, between which data goes as between machines; that takes half as long again, most of it to start Java.
MASTER = os.environ.get("CAPMODEL_SPARK_MASTER", "local[2]")
ENGINES = plugins.names(engines)


def engine_of(name: str) -> ModuleType:
    """An engine by name; the test is skipped where it is not installed."""
    engine = plugins.find(engines, name, PROMISES)
    if not engine.available():
        pytest.skip(f"the engine {name} is not installed here" + (" (package pyspark and a Java runtime)" if name == "spark" else ""))
    return engine
