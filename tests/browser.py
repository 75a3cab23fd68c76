"""Debian's Chromium for the browser tests: where it is, and how it starts without asking anybody anything."""

import os
import shutil

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1440, "height": 900}}


def chromium():
    """Path of the installed Chromium, or None; KA_CHROMIUM names another one."""
    named = os.environ.get("KA_CHROMIUM", "")
    candidates = [named] if named else ["/usr/bin/chromium", "chromium", "chromium-browser"]
    return next((path for candidate in candidates if (path := shutil.which(candidate))), None)


def sign_in_by_form(page, person):
    """As a person does it on the first day; most tests take the fixture ``sign_in`` instead."""
    from tests.factories import PASSWORD  # reads settings, which are not there while options are parsed

    page.goto("/account/login/")
    page.fill("input[name=login]", person.email)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)


def why_not():
    return "no Chromium here (apt-get install chromium, or KA_CHROMIUM=/path/to/it)"
