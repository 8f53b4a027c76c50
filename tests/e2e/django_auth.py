#!/usr/bin/env python3
"""From logs to reset passwords in Django's own auth and reset mail: examples/feeds/reset_django.py.

Needs Django from PyPI; `tests/e2e/run` makes a virtual environment. The site's database is in a temporary folder.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

import world
from mail_server import Mailbox
from world import PEOPLE, step


def main(folder):
    mailbox = Mailbox()
    here = str(Path(__file__).resolve().parent)
    env = {
        "DJANGO_SETTINGS_MODULE": "site_settings",
        "SITE_FOLDER": str(folder),
        "SITE_MAIL": mailbox.address,
        "PYTHONPATH": here,
    }
    os.environ.update(env)
    import django

    django.setup()
    from django.contrib.auth import authenticate, get_user_model
    from django.contrib.auth.forms import PasswordResetForm
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    users = get_user_model()
    for person in PEOPLE:
        users.objects.create_user(person.name, person.mail, person.password)

    def logs_in(person, password):
        return authenticate(username=person.name, password=password) is not None

    def everything():
        return list(users.objects.order_by("id").values())

    def reset(report, ledger="resets.ndjson", *more):
        arguments = ["--site", "https://shop.example.com", "--ledger", ledger, *more]
        return world.run("reset_django.py", report, *arguments, cwd=folder, env=env)

    report = world.scan(folder)
    # Django does not know when vera chose her new password. The ledger does: she was reset the day after the leak.
    (folder / "resets.ndjson").write_text(ledger_line(report, "vera", "2026-11-19T10:30:00Z"))

    step("before: everybody logs in, and ingrid stays logged in")
    assert all(logs_in(person, person.password) for person in PEOPLE)
    browser = Client()
    assert browser.login(username="ingrid", password=PEOPLE[0].password) and logged_in(browser)

    step("more accounts than --most: nothing is done; nor by a dry run")
    before = everything()
    assert reset(report, "resets.ndjson", "--most", "2")[0] == 2
    reset(report, "resets.ndjson", "--dry-run")
    assert everything() == before and not mailbox.take()

    step("a mail that is not taken is told, and sent by the next run")
    broken = {**env, "SITE_MAIL": "127.0.0.1:1"}
    code, said = world.run(
        "reset_django.py",
        report,
        "--site",
        "https://shop.example.com",
        "--ledger",
        "resets.ndjson",
        cwd=folder,
        env=broken,
    )
    assert code == 1 and said.count("the mail was not taken") == 3, said

    step("the reset: exposed passwords no longer log in, all others do, and open sessions end")
    code, said = reset(report)
    assert code == 1, "the names that nobody has are for a person to look at"
    for person in PEOPLE:
        assert logs_in(person, person.password) == (not person.why), person.name
    assert not logged_in(browser)

    step("the mail says why, and its link sets a new password")
    mails = mailbox.take()
    assert set(mails) == {person.mail for person in PEOPLE if person.why}
    for person in PEOPLE:
        if not person.why:
            continue
        text = mails[person.mail].get_content()
        assert person.why in text and not any(one.password in text for one in PEOPLE)
        link = re.search(r"https://shop\.example\.com(/reset/\S+)", text).group(1)
        browser = Client()
        form = browser.get(link).headers["Location"]
        new = f"{person.name} chose this one herself"
        assert browser.post(form, {"new_password1": new, "new_password2": new}).status_code == 302
        assert logs_in(person, new)

    step("a second run changes nothing")
    before = everything()
    reset(report)
    assert everything() == before and not mailbox.take()

    step("hostile names change nothing and start nothing")
    files = sorted(path.name for path in folder.iterdir())
    hostile = world.hostile(report, folder)
    code, said = reset(hostile, "hostile.ndjson", "--most", "1000")
    assert code == 1 and "reset  " not in said, said
    assert everything() == before and not mailbox.take()
    assert sorted(path.name for path in folder.iterdir()) == sorted([*files, "hostile.json"])

    step("the trap that docs/feeds.md warns of: an unusable password stops the reset mail")
    nils = users.objects.get(username="nils")
    for unusable, mails in ((False, 1), (True, 0)):
        if unusable:
            nils.set_unusable_password()
            nils.save()
        form = PasswordResetForm({"email": nils.email})
        assert form.is_valid()
        form.save(domain_override="shop.example.com", email_template_name="registration/password_reset_subject.txt")
        assert len(mailbox.take()) == mails
    mailbox.shutdown()


def ledger_line(report, name, moment):
    import json

    found = [entry for entry in json.loads(report.read_text())["accounts"] if entry["account"] == name]
    return json.dumps({"account": name, "account_id": found[0]["account_id"], "reset_at": moment}) + "\n"


def logged_in(browser):
    """Whether the site takes the session for a user's: what the middleware of every request asks."""
    from django.contrib.auth import get_user
    from django.http import HttpRequest

    request = HttpRequest()
    request.session = browser.session
    return get_user(request).is_authenticated


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="logleak-e2e-") as place:
        main(Path(place))
    print("  passed")
    sys.exit(0)
