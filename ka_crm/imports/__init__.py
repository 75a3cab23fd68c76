"""Reading files of every shape into rows, by a profile that is data; knows no business and no database.

``read_rows(path, profile, schema, file_name=…)`` gives a Reading: ``chunks()`` for set-wise work, ``rows()`` for row-wise work.
``recognise(path, profiles, schema, file_name=…)`` ranks profiles by what the file holds.
"""

from .columns import Column
from .errors import FileRefused, RowError
from .profile import Profile, ProfileError
from .reader import Chunk, RawRow, Reading, read_rows
from .recognise import Candidate, recognise
from .schema import Field, Kind, Schema

__all__ = [
    "Candidate",
    "Chunk",
    "Column",
    "Field",
    "FileRefused",
    "Kind",
    "Profile",
    "ProfileError",
    "RawRow",
    "Reading",
    "RowError",
    "Schema",
    "read_rows",
    "recognise",
]
