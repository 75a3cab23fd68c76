"""What the laboratory's jobs leave behind, so that tests can count it."""

from django.db import models


class Effect(models.Model):
    """One lasting effect of a job; nothing but the jobs' own guards keeps it from being written twice."""

    name = models.CharField(max_length=100)

    def __str__(self):
        return self.name


class Start(models.Model):
    """One attempt that began, written at once: how often work was begun, whatever came of it."""

    name = models.CharField(max_length=100)

    def __str__(self):
        return self.name
