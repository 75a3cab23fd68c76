"""What the program is built on: every package may be passed on with it, is used, and is locked as it was asked for."""

import re
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ["ka_crm", "team", "accounts", "sales", "contracts", "promotions", "fees", "visits", "reports"]
# Licences under which a package may stand beside an Apache-2.0 program without changing its terms.
ACCEPTED = re.compile(
    r"MIT|MIT-0|MIT-CMU|0BSD|BSD|BSD-[23]-Clause|Apache(-2\.0| Software)?|ISC|Zlib|CC0-1\.0|PSF-2\.0|Python Software Foundation"
    r"|MPL-2\.0|Mozilla Public 2\.0 \(MPL 2\.0\)|SIL Open Font 1\.1 \(OFL-1\.1\)"
    r"|GNU (Library or )?Lesser General Public (v2 or later |v3 )?\(LGPL(v2\+|v3)?\)"
)
# Packages whose own description says less than the licence file in them.
READ_BY_HAND = {
    "axe-playwright-python": ("", "MIT; the axe-core inside is MPL-2.0"),
    "qrcode": ("BSD License; Other/Proprietary License", "BSD-3-Clause; its first author's part is MIT"),
    "pypdfium2": ("BSD-3-Clause, Apache-2.0, dependency licenses", "those of PDFium: BSD, Apache-2.0, FTL, IJG, libpng, Zlib, MIT"),
}

# Packages that work without being named: the word by which they are called.
CALLED_BY = {"argon2-cffi": "Argon2PasswordHasher", "pytest-django": "django_db", "import-linter": "lint-imports"}


def licence_of(package):
    """The licence as the installed package states it: an SPDX expression, its classifiers, or a free line."""
    facts = metadata.metadata(package)
    classifiers = [line.split(" :: ")[-1] for line in facts.get_all("Classifier", []) if line.startswith("License ::")]
    return facts.get("License-Expression") or "; ".join(classifiers) or (facts.get("License") or "").split("\n")[0]


def is_accepted(licence):
    """Whether each part of ``licence`` is one of ACCEPTED; of an “or”, one part is enough."""
    choices = licence.split(" OR ")
    return any(all(ACCEPTED.fullmatch(_plain(part)) for part in re.split(r"; | AND ", choice)) for choice in choices)


def _plain(part):
    return re.sub(r" +", " ", part.replace("License", "").replace(" (BSD)", "")).strip()


def installed():
    """Names of the locked packages that are installed here; a few are for other systems only."""
    locked = re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE | re.IGNORECASE)
    here = {re.sub(r"[-_.]+", "-", one.name).lower() for one in metadata.distributions()}
    return [name for name in locked if re.sub(r"[-_.]+", "-", name).lower() in here]


def test_every_package_may_be_passed_on_with_the_program():
    packages = installed()
    stated = {name: licence_of(name) for name in packages}
    doubtful = {name: licence for name, licence in stated.items() if not is_accepted(licence)}

    assert len(packages) > 70
    assert doubtful == {name: stated_there for name, (stated_there, _read) in READ_BY_HAND.items()}


@pytest.mark.parametrize(
    "licence",
    ["GPL-3.0-only", "GNU Affero General Public License v3", "MIT AND AGPL-3.0", "GNU General Public License v3 (GPLv3)", "SSPL-1.0", ""],
)
def test_control_other_licences_are_not_taken(licence):
    assert not is_accepted(licence)


def sources(*folders):
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.is_file() and path.suffix in {".py", ""}]
    return "\n".join(path.read_text() for path in files if "__pycache__" not in path.parts)


@pytest.mark.parametrize(("name", "folders"), [("requirements.in", (*APPS, "bin")), ("requirements-dev.in", ("tests", "bin"))])
def test_every_package_that_is_asked_for_is_used(name, folders):
    asked = re.findall(r"^([\w.-]+)(?:\[\w+\])?==", (ROOT / name).read_text(), re.MULTILINE)
    modules = {}
    for module, packages in metadata.packages_distributions().items():
        for package in packages:
            modules.setdefault(re.sub(r"[-_.]+", "-", package).lower(), []).append(module)
    text = sources(*folders)
    unused = [
        package
        for package in asked
        if not any(
            re.search(rf"\b{re.escape(word)}\b", text)
            for word in [CALLED_BY.get(package, package), *modules[re.sub(r"[-_.]+", "-", package).lower()]]
        )
    ]

    assert len(asked) > 10
    assert unused == []
