#!/usr/bin/env python
"""Django's command line for KA CRM."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ka_crm.settings")
    from django.core.management import execute_from_command_line  # after the settings are named, as Django asks

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
