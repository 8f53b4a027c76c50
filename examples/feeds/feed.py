"""What a program that resets passwords needs of a report: whom to reset, who is done, and what to tell them.

Used by `reset_openldap.py` and `reset_django.py`; take it with them. Python 3.9, nothing else.
"""

import argparse
import json
import os
import secrets
import sys
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

# A time that was written without its zone or its year can be this far off.
UNSURE = timedelta(hours=26)
# A form that changes the password is logged when it is sent, so a change right after the exposure may have set the
# very password that was logged. Only a later one makes it worthless.
CHANGE = timedelta(minutes=10)

WHY = {
    "stored": "A program kept your password in a file of its own, in a form that people other than you could read.",
    "transmitted": "Your password was sent in a form that was written down on its way, where people other than you "
    "could read it.",
}
WHY_UNKNOWN = "Your password was kept in a form that people other than you could read."


SUBJECT = "Your password was exposed and no longer works"
TEXT = """\
{why}

This does not mean that somebody did. To be safe, that password no longer works. Please choose a new one here:

    {link}

Wherever you use the same password, please change it there as well. Nobody will ask you for it.
"""


class Refused(Exception):
    """Why nothing is reset at all."""


@dataclass(frozen=True)
class Account:
    """Somebody whose password has to go."""

    name: str  # the identity, as the report prints it
    account_id: str
    kind: str  # which identifier the identity is: email, phone_number, dn, username, user_id
    modes: tuple  # how the password was exposed: stored, transmitted
    until: datetime  # nothing in the report was logged later than this

    def changed_since(self, changed):
        """Whether the password set at `changed` (None: nobody knows when) is another one than those exposed."""
        return changed is not None and changed > self.until + CHANGE

    def why(self):
        """What happened, for the person whose password it was."""
        return "\n".join(WHY.get(mode, WHY_UNKNOWN) for mode in self.modes) or WHY_UNKNOWN

    def notice(self, link):
        """What to write to that person. At `link` a new password can be chosen."""
        return TEXT.format(why=self.why(), link=link)

    def __str__(self):
        """For a terminal: a name comes from a log and may hold anything."""
        return json.dumps(self.name)


def options(description):
    """The options that every such program has. It adds its own."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report")
    parser.add_argument("--ledger", default="resets.ndjson")
    parser.add_argument("--most", type=int, default=100, help="do nothing at all if there are more (100)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be reset")
    return parser


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def accounts(path, most):
    """The accounts of the report at `path` whose password is to be reset without a person looking.

    Raises `Refused` for a report of another format, and where there are more than `most`: whoever can write into a
    log can have passwords reset, so an unusual number is looked at before it happens.
    """
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    if report["format_version"].split(".")[0] != "1":
        raise Refused(f"{path}: format_version {report['format_version']}, and this program reads 1")
    scanned = moment(report["scan"]["finished_at"])
    found = [
        account(entry, scanned)
        for entry in report["accounts"]
        if entry["action"] == "force_reset" and entry["credential_type"] == "password"
    ]
    if len(found) > most:
        raise Refused(f"{path}: {len(found)} accounts to reset, more than --most {most}; nothing was done")
    return found


def account(entry, scanned):
    kinds = ("email", "phone_number", "dn", "username", "user_id")
    kind = next((kind for kind in kinds if entry[kind] == entry["account"]), "unknown")
    return Account(entry["account"], entry["account_id"], kind, tuple(entry["modes"]), until(entry, scanned))


def until(entry, scanned):
    """When the last exposure was logged, at the latest. Nothing is logged after it was scanned."""
    if entry["last_seen"] is None or entry["time_basis"] not in ("log_timestamp", "year_inferred", "zone_assumed"):
        return scanned
    seen = moment(entry["last_seen"])
    if seen >= scanned:
        return scanned
    return seen if entry["time_basis"] == "log_timestamp" else min(seen + UNSURE, scanned)


def same(one, other):
    """Whether two names are the same, apart from case. Directories and databases find more: to some, ſ is s."""
    return unicodedata.normalize("NFC", one).lower() == unicodedata.normalize("NFC", other).lower()


def plain(name):
    """Whether a name holds no control characters. No account has such a name, but what is typed into a log may."""
    return not any(unicodedata.category(letter) == "Cc" for letter in name)


def random_password():
    """A password that nobody learns: it takes the place of the exposed one until its owner chooses another."""
    return "Aa1-" + secrets.token_urlsafe(32)


class Ledger:
    """Who was reset when, a JSON object a line: `logleak scan --resets` reads the same file."""

    def __init__(self, path):
        self.path = path
        self.reset_at = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in filter(str.strip, file):
                    entry = json.loads(line)
                    known = self.reset_at.get(entry["account_id"])
                    at = moment(entry["reset_at"])
                    self.reset_at[entry["account_id"]] = max(at, known or at)

    def closes(self, account):
        at = self.reset_at.get(account.account_id)
        return at is not None and at >= account.until

    def add(self, account):
        at = datetime.now(timezone.utc).replace(microsecond=0)
        entry = {"account": account.name, "account_id": account.account_id, "reset_at": at.isoformat()}
        entry["reset_at"] = entry["reset_at"].replace("+00:00", "Z")
        with open(os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.reset_at[account.account_id] = at


def run(report, most, ledger_path, reset):
    """Calls `reset` for each account that is not done, and says what became of it. Returns an exit code.

    `reset` returns None when it has reset the account and its owner knows; otherwise "done" (nothing to do), "would" (a
    dry run) or "look" (a person should), with the reason.
    """
    try:
        todo = accounts(report, most)
        ledger = Ledger(ledger_path)
    except (Refused, OSError, ValueError, KeyError) as error:
        print(f"refused: {error!r}" if isinstance(error, KeyError) else f"refused: {error}", file=sys.stderr)
        return 2
    left = 0
    for account in todo:
        if ledger.closes(account):
            said = ("done", "it is in the ledger")
        elif not plain(account.name):
            said = ("look", "the name holds control characters")
        else:
            said = reset(account, ledger)
        verdict, reason = said or ("reset", ", ".join(account.modes))
        left += verdict == "look"
        print(f"{verdict:5}  {account}  {reason}")
    return 1 if left else 0
