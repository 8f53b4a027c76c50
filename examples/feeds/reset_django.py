#!/usr/bin/env python3
"""Resets the exposed passwords of a logleak report in a Django site, and mails their owners why.

    DJANGO_SETTINGS_MODULE=shop.settings reset_django.py report.json --site https://shop.example.com

Each password gives way to a random one that nobody learns, never to an "unusable" one: `set_unusable_password()` would
keep Django's reset mail from ever being sent, to this day and when people ask for it later. Sessions that the exposed
password opened end with it. Django does not record when a password was set, so a ledger remembers who is done.

Ends with 0: all done, 1: a person should look at some, 2: nothing was done.
"""

import os
import sys
from urllib.parse import urlsplit

import feed


def main():
    parser = feed.options(__doc__)
    parser.add_argument("--site", required=True, help="URL of the site, for the link in the mail")
    parser.add_argument("--from", dest="sender", help="DEFAULT_FROM_EMAIL of the settings otherwise")
    options = parser.parse_args()

    import django

    sys.path.insert(0, os.getcwd())
    django.setup()
    return feed.run(options.report, options.most, options.ledger, lambda *about: reset(*about, options))


def reset(account, ledger, options):
    users = find(account)
    if len(users) != 1:
        return "look", f"{len(users)} users have this name"
    user = users[0]
    if options.dry_run:
        return "would", "be reset"
    user.set_password(feed.random_password())
    user.save(update_fields=["password"])
    try:
        said = tell(account, user, options)
    except OSError as error:  # smtplib's errors are among these
        # Not in the ledger: the next run resets and tells again.
        return "look", f"reset, but the mail was not taken: {type(error).__name__}"
    ledger.add(account)
    return said


def find(account):
    from django.contrib.auth import get_user_model

    model = get_user_model()
    if account.kind == "email":
        field = model.get_email_field_name()
        users = model._default_manager.filter(**{f"{field}__iexact": account.name})
        return [user for user in users if feed.same(getattr(user, field), account.name)]
    if account.kind == "username":
        users = model._default_manager.filter(**{model.USERNAME_FIELD: account.name})
        return [user for user in users if user.get_username() == account.name]  # some databases find more
    return []


def tell(account, user, options):
    """Sends Django's reset link to the address that the site has, never to one from a log."""
    from django.contrib.auth.forms import PasswordResetForm
    from django.core.mail import EmailMessage
    from django.urls import reverse

    class Notice(PasswordResetForm):
        """Django's form, for exactly this user and with the reason in front of its link."""

        def get_users(self, email):
            return [user]

        def send_mail(self, subject_template_name, email_template_name, context, from_email, to_email, **_):
            path = reverse("password_reset_confirm", args=[context["uid"], context["token"]])
            link = f"{context['protocol']}://{context['domain']}{path}"
            # Django's own method logs a mail that could not be sent, and goes on.
            EmailMessage(feed.SUBJECT, account.notice(link), from_email, [to_email]).send()

    address = getattr(user, user.get_email_field_name())
    form = Notice({"email": address})
    if not user.is_active or not form.is_valid():
        return "look", "reset, but the user is inactive or has no mail address to tell"
    site = urlsplit(options.site)
    form.save(domain_override=site.netloc, use_https=site.scheme == "https", from_email=options.sender)
    return None


if __name__ == "__main__":
    sys.exit(main())
