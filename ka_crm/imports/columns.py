"""One field of a chunk of rows, as the checks and the loaders read it."""

from dataclasses import dataclass

import numpy as np


@dataclass(slots=True)
class Column:
    """One field of a chunk, each distinct cell once: row i holds ``texts[codes[i]]`` as written and ``values[codes[i]]`` as read.

    ``values`` are what schema.Kind says (money: int in minor units); None for an empty cell and for one with a finding.
    """

    codes: np.ndarray
    texts: list[str]
    values: list

    def array(self, dtype=object, missing=None):
        """The rows' values as one numpy array; ``missing`` stands for None."""
        values = self.values if missing is None else [missing if value is None else value for value in self.values]
        distinct = np.empty(len(values), dtype=dtype)
        distinct[:] = values
        return distinct[self.codes] if len(values) else np.empty(0, dtype=dtype)

    def text_at(self, index):
        return self.texts[self.codes[index]]

    def value_at(self, index):
        return self.values[self.codes[index]]
