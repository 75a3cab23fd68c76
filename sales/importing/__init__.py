"""Imports: which kinds of file there are (``registry``) and how each becomes rows; ``sales.services.imports`` has the verbs."""
