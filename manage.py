#!/usr/bin/env python
"""Django's command line for KA CRM."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ka_crm.settings")
    from django.core.management import execute_from_command_line  # after the settings are named, as Django asks

    try:
        execute_from_command_line(sys.argv)
    except Exception as error:
        from ka_crm.databases import why_away  # likewise

        reason = why_away(error)
        if not reason or "--traceback" in sys.argv:
            raise
        sys.exit(reason)


if __name__ == "__main__":
    main()
