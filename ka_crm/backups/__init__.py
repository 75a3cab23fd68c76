"""Backups: one archive with the database as of one instant, the files it names and a manifest that everything is checked against.

archive.py    the file itself: members, manifest, a checksum over all of it
databases.py  SQLite and PostgreSQL: a copy in one snapshot, row counts and checksums per table, putting it back
services.py   ``make_backup`` and ``restore_backup``, behind ``bin/backup`` and ``bin/restore``
status.py     how old the last good backup is
"""
