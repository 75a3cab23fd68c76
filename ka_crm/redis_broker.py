"""Kombu's Redis transport, with the fault taken out that ends a worker whose Redis is closed while a job runs.

Upstream, a channel whose connection is gone gives messages back, or acknowledges them, through None: an AttributeError, which
nobody expects of a broker, ends the worker. Here it is the connection error that it is, which Celery knows: the worker connects
again, and the message comes again by the visibility timeout or the sweeper.
"""

from kombu.transport import redis
from redis.exceptions import ConnectionError


class Channel(redis.Channel):
    """One reader or writer of Redis."""

    def _connparams(self, *args, **kwargs):
        if self.connection is None or self.connection.client is None:
            raise ConnectionError("This channel's connection to Redis has been closed.")
        return super()._connparams(*args, **kwargs)


class Transport(redis.Transport):
    """``redis://`` and ``rediss://`` where ka_crm.celery_settings is read."""

    Channel = Channel
