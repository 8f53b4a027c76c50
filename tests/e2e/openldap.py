#!/usr/bin/python3
"""From logs to reset passwords in a real slapd with the ppolicy overlay: examples/feeds/reset_openldap.py.

Needs Debian's slapd, ldap-utils and python3-ldap; `tests/e2e/run` installs them. The server runs in a temporary folder
behind a socket there, with no port, and is gone afterwards.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import ldap
import world
from mail_server import Mailbox
from world import PEOPLE, step

BASE = "ou=people,dc=example,dc=org"
ADMIN = "cn=admin,dc=example,dc=org"

CONFIG = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile {folder}/slapd.pid
authz-regexp "gidNumber={gid}[+]uidNumber={uid},cn=peercred,cn=external,cn=auth" "{admin}"
database mdb
suffix dc=example,dc=org
rootdn {admin}
directory {folder}/db
maxsize 16777216
overlay ppolicy
ppolicy_default cn=default,dc=example,dc=org
ppolicy_hash_cleartext
access to attrs=userPassword by self write by anonymous auth
access to * by self read
"""

ENTRIES = """\
dn: dc=example,dc=org
objectClass: domain
dc: example

dn: cn=default,dc=example,dc=org
objectClass: organizationalRole
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdMustChange: TRUE
pwdMinLength: 8
pwdCheckQuality: 1

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: ou=other,dc=example,dc=org
objectClass: organizationalUnit
ou: other
"""

PERSON = """
dn: uid={person.name},ou={ou},dc=example,dc=org
objectClass: inetOrgPerson
uid: {person.name}
cn: {person.name}
sn: Holm
mail: {mail}
userPassword: {person.password}
pwdChangedTime: {person.changed}
"""


@contextmanager
def directory(folder):
    """A slapd that knows everybody. Yields its URI."""
    # A copy, since AppArmor confines the one in /usr/sbin to the folders of the system's own directory.
    slapd = shutil.copy("/usr/sbin/slapd", folder / "slapd")
    (folder / "db").mkdir()
    config = folder / "slapd.conf"
    config.write_text(CONFIG.format(folder=folder, admin=ADMIN, uid=os.getuid(), gid=os.getgid()))
    people = [PERSON.format(person=person, ou="people", mail=person.mail) for person in PEOPLE]
    # One of the same name outside of the base that is reset: nobody has asked for that one.
    people.append(PERSON.format(person=PEOPLE[0], ou="other", mail="other@example.com"))
    (folder / "entries.ldif").write_text(ENTRIES + "".join(people))
    subprocess.run([slapd, "-T", "add", "-f", config, "-l", folder / "entries.ldif"], check=True)
    uri = "ldapi://" + quote(str(folder / "socket"), safe="")
    with (folder / "slapd.log").open("w") as log:
        server = subprocess.Popen([slapd, "-d", "none", "-f", config, "-h", uri], stdout=log, stderr=log)
    try:
        wait_for(uri, server)
        yield uri
    finally:
        server.terminate()
        server.wait(10)


def wait_for(uri, server):
    for _ in range(200):
        try:
            return ldap.initialize(uri).simple_bind_s()
        except ldap.SERVER_DOWN:
            assert server.poll() is None, "slapd did not start"
            time.sleep(0.05)
    raise AssertionError("slapd does not answer")


def recipe(folder, report):
    """The recipe for the shell in docs/feeds.md, as it stands there, on a directory of its own."""
    folder.mkdir()
    shutil.copy(report, folder / "report.json")
    blocks = world.blocks("feeds.md")
    script = "\n".join(blocks[name] for name in ("choose", "words", "openldap"))
    with directory(folder) as uri:
        env = {**os.environ, "FEEDS": str(world.EXAMPLES), "LDAP": uri, "BASE": BASE}
        states = []
        for _ in range(2):
            done = subprocess.run(
                ["bash", "-c", script], cwd=folder, env=env, text=True, capture_output=True, check=False
            )
            assert done.returncode == 0, done.stderr
            states.append(everything(uri))
        assert states[0] == states[1], "a second run changes something"
        for person in PEOPLE:
            assert logs_in(uri, person, person.password) == (not person.why), person.name
        assert logs_in(uri, PEOPLE[0], PEOPLE[0].password, ou="other"), "outside of the base"


def logs_in(uri, person, password, ou="people"):
    try:
        ldap.initialize(uri).simple_bind_s(f"uid={person.name},ou={ou},dc=example,dc=org", password)
        return True
    except ldap.INVALID_CREDENTIALS:
        return False


def everything(uri):
    """All entries with all attributes, operational ones too: what "nothing changed" is measured by."""
    server = ldap.initialize(uri)
    server.sasl_external_bind_s()
    return sorted(server.search_s("dc=example,dc=org", ldap.SCOPE_SUBTREE, "(objectClass=*)", ["*", "+"]))


def main(folder):
    report = world.scan(folder)
    mailbox = Mailbox()
    with directory(folder) as uri:
        everyday = [
            "--base",
            BASE,
            "--uri",
            uri,
            "--smtp",
            mailbox.address,
            "--from",
            "security@example.com",
            "--portal",
            "https://id.example.org/password",
        ]

        def reset(report, ledger="resets.ndjson", *more):
            return world.run("reset_openldap.py", report, *everyday, "--ledger", ledger, *more, cwd=folder)

        step("before: everybody logs in")
        assert all(logs_in(uri, person, person.password) for person in PEOPLE)

        step("more accounts than --most: nothing is done; nor by a dry run")
        before = everything(uri)
        assert reset(report, "resets.ndjson", "--most", "2")[0] == 2
        reset(report, "resets.ndjson", "--dry-run")
        assert reset(report, "resets.ndjson", "--smtp", "127.0.0.1:1")[0] == 2, "nobody could be told"
        assert everything(uri) == before and not mailbox.take() and not (folder / "resets.ndjson").exists()

        step("the reset: exposed passwords no longer log in, all others do")
        code, said = reset(report)
        assert code == 1, "the names that nobody has are for a person to look at"
        for person in PEOPLE:
            assert logs_in(uri, person, person.password) == (not person.why), person.name
        assert logs_in(uri, PEOPLE[0], PEOPLE[0].password, ou="other"), "outside of the base"
        assert 'done   "vera"  the password was changed since' in said

        step("the mail says why, to the address that the directory has")
        mails = mailbox.take()
        assert set(mails) == {person.mail for person in PEOPLE if person.why}
        for person in PEOPLE:
            if person.why:
                text = mails[person.mail].get_content()
                assert person.why in text and "https://id.example.org/password" in text
                assert not any(one.password in text for one in PEOPLE)

        step("a second run changes nothing: by the ledger, and without one by pwdChangedTime")
        before = everything(uri)
        reset(report)
        assert everything(uri) == before and not mailbox.take()
        # As on a later day: the reset is no longer within minutes of the scan.
        document = json.loads(report.read_text())
        document["scan"]["finished_at"] = "2026-11-19T00:00:00Z"
        earlier = folder / "earlier.json"
        earlier.write_text(json.dumps(document))
        reset(earlier, "another.ndjson")
        assert everything(uri) == before and not mailbox.take() and not (folder / "another.ndjson").exists()

        step("an account that is known by its DN is found by it, if it is below the base")
        for dn, found in [
            (f"UID=ingrid, {BASE}", True),
            (f"uid=ingrid,{BASE}".replace("people", "other"), False),
            ("uid=ingrid", False),
        ]:
            said = reset(world.known_by_dn(earlier, "ingrid", dn, folder), "another.ndjson")[1]
            assert ("changed since" in said.splitlines()[0]) == found, said
        assert everything(uri) == before

        step("hostile names change nothing and start nothing")
        files = sorted(path.name for path in folder.iterdir())
        hostile = world.hostile(report, folder)
        code, said = reset(hostile, "hostile.ndjson", "--most", "1000")
        assert code == 1 and "reset  " not in said, said
        assert everything(uri) == before and not mailbox.take()
        assert sorted(path.name for path in folder.iterdir()) == sorted([*files, "hostile.json"])

        step(
            "the trap that docs/feeds.md warns of: pwdReset alone lets the holder of a leaked password choose the next"
        )
        victim, dn = PEOPLE[0], f"uid={PEOPLE[0].name},ou=other,dc=example,dc=org"
        admin, thief = ldap.initialize(uri), ldap.initialize(uri)
        admin.sasl_external_bind_s()
        admin.modify_s(dn, [(ldap.MOD_REPLACE, "pwdReset", b"TRUE")])
        thief.simple_bind_s(dn, victim.password)
        thief.passwd_s(dn, victim.password, "Chosen by a thief 1")
        assert logs_in(uri, victim, "Chosen by a thief 1", ou="other")
    mailbox.shutdown()

    step("the recipe of docs/feeds.md does the same")
    recipe(folder / "shell", report)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="logleak-e2e-") as place:
        main(Path(place))
    print("  passed")
