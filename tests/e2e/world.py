"""The people of the end-to-end tests, what the logs in `logs/` say of them, and what must become of each."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "feeds"
LOGS = Path(__file__).resolve().parent / "logs"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LOGLEAK = str(Path(os.environ.get("LOGLEAK", TARGET / "debug" / "logleak")).absolute())

STORED = "A program kept your password in a file of its own"
TRANSMITTED = "Your password was sent in a form that was written down on its way"


@dataclass(frozen=True)
class Person:
    name: str
    password: str
    why: str = ""  # of the mail; "" where nothing may happen
    changed: str = "20260104080000Z"  # when the password was set

    @property
    def mail(self):
        return f"{self.name}@example.com"


PEOPLE = [
    Person("ingrid", "Sommar-i-Lund-24", TRANSMITTED),
    Person("maja", "Tr0ub4dor&3", TRANSMITTED),
    Person("olav", "Fjord och vinter 3", STORED),
    # Her old password is in the log; this one she chose afterwards.
    Person("vera", "Fruehling2000!", changed="20261119103000Z"),
    # In the log, but masked.
    Person("nils", "Ankare 77 lyfter"),
]

# Names that act on whoever puts them into a filter, a shell, a statement or a list of lines.
HOSTILE = [
    "*",
    "*)(uid=*",
    "nils)(|(uid=*",
    "nils\\2a",
    "$(touch x)",
    "`touch x`",
    "; touch x",
    "| touch x",
    "' OR 1=1",
    "' OR '1'='1' --",
    "nils\n",
    "nils\nnils",
    "nils\u0000",
    "nils\u0000x",
    "nils\r\nBcc: eve@example.net",
    "-n",
    "--help",
    "NILS\u200b",
    "nil\u017f",
    "uid=nil\u017f,ou=people,dc=example,dc=org",
    "%",
    "n_ls",
    "uid=nils,ou=people,dc=example,dc=org",
    "nils@example.com\nmaja@example.com",
    "..",
    "../nils",
    "file:///etc/passwd",
    "{{7*7}}",
    "%(name)s",
    "",
]


def blocks(document):
    """The blocks of a page under docs/ that have a name, such as ```bash okta."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    return dict(re.findall(r"^```(?:bash|sh|yaml) (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def scan(folder):
    """Scans the logs into `folder`/report.json."""
    report = folder / "report.json"
    done = subprocess.run([LOGLEAK, "scan", str(LOGS), "-q", "-o", str(report)], check=False)
    assert done.returncode == 1, f"the scan ended with {done.returncode}"
    return report


def known_by_dn(report, name, dn, folder):
    """The report with no account but that of `name`, known by a DN."""
    document = json.loads(report.read_text())
    document["accounts"] = [account for account in document["accounts"] if account["account"] == name]
    document["accounts"][0].update(account=dn, dn=dn, username=None)
    path = folder / "dn.json"
    path.write_text(json.dumps(document))
    return path


def hostile(report, folder):
    """A report whose accounts are hostile, as if the scanner had let every name through, in every identifier."""
    document = json.loads(report.read_text())
    model = document["accounts"][0]
    document["accounts"] = []
    empty = {kind: None for kind in ("email", "phone_number", "dn", "username", "user_id")}
    for number, name in enumerate(HOSTILE):
        for kind in empty:
            # nils himself by his DN is no attack, and neither is an address by another's.
            if kind == "dn" and name.startswith("uid=nils"):
                name = name.replace("ou=people", "ou=other")
            identity = {**empty, kind: name, "account": name, "account_id": f"acc_{kind}{number:04}"}
            document["accounts"].append({**model, **identity, "last_seen": None, "time_basis": "none"})
    path = folder / "hostile.json"
    path.write_text(json.dumps(document))
    return path


def run(program, *arguments, cwd, env=None, python=sys.executable):
    """Runs an example as its user would. Returns the exit code and what it said."""
    done = subprocess.run(
        [python, str(EXAMPLES / program), *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    print("    " + "\n    ".join(done.stdout.splitlines()[:8]))
    for person in PEOPLE:
        assert person.password not in done.stdout, f"{program} prints a password"
    return done.returncode, done.stdout


def step(text):
    print(f"  {text}", flush=True)
