"""What every test shares: one seed for hypothesis (a rerun sees the same examples) and one seeded generator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings

# No deadline: a busy machine is not a bug.
settings.register_profile("rudel", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("rudel")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
