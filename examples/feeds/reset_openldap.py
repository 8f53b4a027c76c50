#!/usr/bin/python3
"""Resets the exposed passwords of a logleak report in OpenLDAP, and tells their owners why.

    reset_openldap.py report.json --base ou=people,dc=example,dc=org --portal https://id.example.org/password

Each password gives way to a random one that nobody learns: the exposed one stops working at once, and who knows it
cannot choose the next. Owners set a new one at --portal, which must ask for more than the old password. Passwords that
were changed since (pwdChangedTime of the ppolicy overlay) or that are in the ledger are left alone, so that a second
run does nothing. Needs Debian's python3-ldap, and an identity that may manage userPassword: over ldapi:/// the user
that runs this, elsewhere --bind with --password-file.

Ends with 0: all done, 1: a person should look at some, 2: nothing was done.
"""

import smtplib
import sys
from datetime import datetime, timezone
from email.message import EmailMessage
from pathlib import Path

import feed
import ldap
import ldap.dn
import ldap.filter

# Which attribute holds which identifier.
ATTRIBUTES = {"email": "mail", "username": "uid"}


def main():
    parser = feed.options(__doc__)
    parser.add_argument("--base", required=True, help="only accounts below this entry are reset")
    parser.add_argument("--portal", required=True, help="where people choose a new password; stands in the mail")
    parser.add_argument("--uri", default="ldapi:///")
    parser.add_argument("--bind", help="who to be; without it, the user that runs this (SASL EXTERNAL)")
    parser.add_argument("--password-file", help="for --bind")
    parser.add_argument("--smtp", default="localhost", help="HOST or HOST:PORT")
    parser.add_argument("--from", dest="sender", required=True)
    options = parser.parse_args()
    try:
        server = connect(options)
        mail_server(options).quit()  # nobody is reset who could not be told
    except (ldap.LDAPError, OSError) as error:  # smtplib's errors are among these
        print(f"refused: {error}", file=sys.stderr)
        return 2
    return feed.run(options.report, options.most, options.ledger, Reset(server, options))


def connect(options):
    server = ldap.initialize(options.uri)
    server.set_option(ldap.OPT_REFERRALS, 0)
    if options.bind is None:
        server.sasl_external_bind_s()
    else:
        if not options.uri.startswith(("ldaps:", "ldapi:")):
            server.start_tls_s()
        server.simple_bind_s(options.bind, Path(options.password_file).read_text(encoding="utf-8").rstrip("\n"))
    return server


def mail_server(options):
    host, _, port = options.smtp.partition(":")
    return smtplib.SMTP(host, int(port or 25), timeout=30)


class Reset:
    """The reset of one account."""

    def __init__(self, server, options):
        self.server, self.options = server, options

    def __call__(self, account, ledger):
        try:
            entries = self.find(account)
            if len(entries) != 1:
                return "look", f"{len(entries)} entries have this name"
            dn, entry = entries[0]
            if account.changed_since(changed_at(entry)):
                return "done", "the password was changed since"
            if self.options.dry_run:
                return "would", "be reset"
            # The extended operation of RFC 3062: the server hashes as its policy says.
            self.server.passwd_s(dn, None, feed.random_password())
        except ldap.LDAPError as error:
            return "look", f"the directory refused: {type(error).__name__}"
        ledger.add(account)
        return self.tell(account, entry)

    def find(self, account):
        """The entries that the account can be: below the base, a person's, by the one identifier that names it."""
        base, scope, attribute = self.options.base, ldap.SCOPE_SUBTREE, ATTRIBUTES.get(account.kind)
        condition = "(objectClass=person)"
        if account.kind == "dn" and below(account.name, base):
            base, scope = account.name, ldap.SCOPE_BASE
        elif attribute:
            # What is typed into a log must stay a value: `*)(uid=*` would otherwise find everybody.
            condition = f"(&{condition}({attribute}={ldap.filter.escape_filter_chars(account.name)}))"
        else:
            return []
        try:
            found = self.server.search_s(base, scope, condition, ["uid", "mail", "pwdChangedTime"])
        except (ldap.NO_SUCH_OBJECT, ldap.INVALID_DN_SYNTAX):
            return []
        return [(dn, entry) for dn, entry in found if named(dn, entry.get(attribute, []), account)]

    def tell(self, account, entry):
        """Writes to the address that the directory has, never to one from a log."""
        addresses = entry.get("mail", [])
        if not addresses:
            return "look", "reset, but the entry has no mail address to tell"
        message = EmailMessage()
        message["From"], message["To"] = self.options.sender, addresses[0].decode()
        message["Subject"] = feed.SUBJECT
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(account.notice(self.options.portal))
        try:
            with mail_server(self.options) as server:
                server.send_message(message)
        except OSError as error:
            return "look", f"reset, but the mail was not taken: {type(error).__name__}"
        return None


def named(dn, values, account):
    """Whether the entry really has the account's name: the directory compares more freely than people do."""
    if account.kind == "dn":
        return parts(dn) == parts(account.name)
    return any(feed.same(value.decode(), account.name) for value in values)


def changed_at(entry):
    """When the password was set, if the ppolicy overlay was there to see it: generalized time, cut to seconds."""
    values = entry.get("pwdChangedTime", [])
    if not values:
        return None
    seconds = values[0].decode()[:14]
    return datetime.strptime(seconds, "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)


def parts(dn):
    """The attributes and values of a DN, from the root on, in one spelling. None if it is none."""
    try:
        return [[(attribute.lower(), value.lower()) for attribute, value, _ in rdn] for rdn in ldap.dn.str2dn(dn)][::-1]
    except ldap.DECODING_ERROR:
        return None


def below(dn, base):
    """Whether `dn` is an entry below `base`."""
    path, start = parts(dn), parts(base)
    return path is not None and len(path) > len(start) and path[: len(start)] == start


if __name__ == "__main__":
    sys.exit(main())
