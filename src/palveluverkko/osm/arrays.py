"""Arrays as the kernels want them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def freeze(values: npt.NDArray[Any], dtype: type) -> npt.NDArray[Any]:
    """Give values of a type as an array that cannot be written."""
    frozen: npt.NDArray[Any] = np.ascontiguousarray(values, dtype=dtype).view()
    frozen.flags.writeable = False
    return frozen
