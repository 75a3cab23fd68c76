"""One world for all cells of the matrix: made once, and taken back after the last."""

import pytest

from tests.access.matrix import Visitors
from tests.access.world import World


@pytest.fixture(scope="module")
def visitors(made_once):
    with made_once() as storages:
        made = Visitors(World())
        made.storages = storages
        yield made


@pytest.fixture(autouse=True)
def _files_of_the_world(visitors, data_dir, settings):
    """Each test has a data folder of its own; the world's files are in the one where they were made."""
    settings.STORAGES = visitors.storages
