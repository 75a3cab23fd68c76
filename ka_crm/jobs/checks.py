"""Start-up checks of the queue's settings."""
