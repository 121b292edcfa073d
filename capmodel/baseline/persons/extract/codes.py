"""Texts of Arrow columns as small numbers, given out in the order in which the texts are met."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class Codes:
    """Texts that have been met, and the number of each."""

    def __init__(self) -> None:
        self.texts: list[Any] = []
        self._known: Any = None

    def of(self, column: Any) -> npt.NDArray[Any]:
        """The number of each text of a column; no text is one of them.

        >>> import pyarrow
        >>> codes = Codes()
        >>> codes.of(pyarrow.array(["b", "a", "b"])).tolist(), codes.of(pyarrow.array(["c", "a"])).tolist(), codes.texts
        ([0, 1, 0], [2, 1], ['b', 'a', 'c'])
        """
        import pyarrow.compute

        if self._known is not None:
            found = pyarrow.compute.index_in(column, value_set=self._known)
            if not found.null_count:
                return np.asarray(found.to_numpy())
        met = dict.fromkeys([*self.texts, *column.unique().to_pylist()])
        self.texts = list(met)
        self._known = pyarrow.array(self.texts, column.type)
        return np.asarray(pyarrow.compute.index_in(column, value_set=self._known).to_numpy())
