"""The data engines that are installed here, for the tests of what every engine does."""

from __future__ import annotations

from types import ModuleType

import pytest

from capmodel import plugins
from capmodel.baseline import engines

PROMISES = ("available", "open_session")
#: Two workers in processes of their own, one core and 1,024 MB each: data goes between machines as on a real cluster.
CLUSTER = "local-cluster[2,1,1024]"
ENGINES = [pytest.param(name, marks=[pytest.mark.spark] if name == "spark" else []) for name in plugins.names(engines)]


def engine_of(name: str) -> ModuleType:
    """An engine by name; the test is skipped where it is not installed."""
    engine = plugins.find(engines, name, PROMISES)
    if not engine.available():
        pytest.skip(f"the engine {name} is not installed here" + (" (package pyspark and a Java runtime)" if name == "spark" else ""))
    return engine
