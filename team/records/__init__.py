"""What every record page has: its timeline (changes, comments, files), undo for a minute, the neighbours in its list."""
