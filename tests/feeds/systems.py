"""The systems that the recipes of docs/feeds.md talk to, as far as they do: who is there, and what was done to whom.

`tests/feeds/run` puts programs named `curl`, `aws` and so on first in PATH; each of them is `answer` below. What a
system does not know ends like the real one does: a 404 is curl's exit code 22.
"""

import base64
import json
import os
import re
import sys
import time
from urllib.parse import parse_qs, unquote, urlsplit

LONG_AGO, CHANGED = 1767513600, 1795084200  # 2026-01-04, and 2026-11-19: after the leak


def people():
    """Everybody of tests/e2e/logs, by the name that each system gives its accounts."""
    return {
        name: {
            "id": f"id-{name}",
            "mail": f"{name}@example.com",
            "set_at": CHANGED if name == "vera" else LONG_AGO,
            "done": [],
        }
        for name in ("ingrid", "maja", "olav", "vera", "nils")
    }


class NotFound(Exception):
    pass


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def generalized(seconds):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(seconds))


def one(users, **wanted):
    found = [user for name, user in users.items() if wanted.items() <= {"name": name, **user}.items()]
    if len(found) != 1:
        raise NotFound
    return found[0]


def change(user, what, password=None, apart=True):
    """Notes what was done. A new password has to be one that nobody can guess, and not the one before.

    With $BROKEN, whatever follows the reset in a call of its own (`apart`) fails.
    """
    if password is not None:
        assert re.fullmatch(r"Aa1-[0-9a-f]{48}", password), f"not random: {password}"
        user["set_at"] = int(time.time())
    elif apart and "BROKEN" in os.environ and what != "password":
        raise NotFound
    user["done"].append(what)


def keycloak(users, call):
    path, query = call.path.removeprefix("/admin/realms/shop/users"), call.query
    if path == "":
        assert query["exact"] == ["true"] and len(query) == 2, query
        wanted = {"email": "mail", "username": "name"}
        key = next(key for key in query if key != "exact")
        try:
            return [{"id": one(users, **{wanted[key]: query[key][0]})["id"]}]
        except NotFound:
            return []
    _, name, action = path.split("/")
    user = one(users, id=unquote(name))
    if action == "credentials":
        return [{"type": "otp", "createdDate": 1}, {"type": "password", "createdDate": user["set_at"] * 1000 + 417}]
    if (call.method, action) == ("PUT", "reset-password"):
        assert call.body["type"] == "password" and call.body["temporary"] is True
        return change(user, "password", call.body["value"])
    if (call.method, action) == ("POST", "logout"):
        return change(user, "sessions")
    assert (call.method, action, call.body) == ("PUT", "execute-actions-email", ["UPDATE_PASSWORD"]), action
    return change(user, "mail")


def okta(users, call):
    name, _, action = call.path.removeprefix("/api/v1/users/").partition("/")
    name = unquote(name)
    if call.method == "POST":
        assert action == "lifecycle/reset_password" and call.query == {
            "sendEmail": ["true"],
            "revokeSessions": ["true"],
        }
        user = one(users, id=name)
        for what in ("password", "mail", "sessions"):
            change(user, what, apart=False)
        user["status"] = "RECOVERY"
        return {}
    user = one(users, mail=name) if "@" in name else one(users, name=name)
    return {
        "id": user["id"],
        "status": user.get("status", "ACTIVE"),
        "passwordChanged": iso(user["set_at"]),
        "credentials": {"provider": {"type": "OKTA"}},
    }


def auth0(users, call):
    if call.path == "/api/v2/users-by-email":
        return [
            {
                "user_id": f"auth0|{user['id']}",
                "email": user["mail"],
                "created_at": iso(LONG_AGO),
                "last_password_reset": iso(user["set_at"]),
                "identities": [
                    {"provider": "auth0", "connection": "people"},
                    {"provider": "google-oauth2", "connection": "g"},
                ],
            }
            for user in users.values()
            if user["mail"] == call.query["email"][0]
        ]
    if call.path == "/dbconnections/change_password":
        assert call.body["client_id"] == "shop-app" and call.body["connection"] == "people"
        return change(one(users, mail=call.body["email"]), "mail")
    name, _, action = call.path.removeprefix("/api/v2/users/").partition("/")
    user = one(users, id=unquote(name).removeprefix("auth0|"))
    if call.method == "PATCH":
        assert call.body["connection"] == "people"
        return change(user, "password", call.body["password"])
    assert (call.method, action) == ("DELETE", "sessions")
    return change(user, "sessions")


def entra(users, call):
    name, _, action = call.path.removeprefix("/v1.0/users/").partition("/")
    name = unquote(name)
    if call.method == "PATCH":
        profile = call.body["passwordProfile"]
        assert profile["forceChangePasswordNextSignIn"] is True
        return change(one(users, id=name), "password", profile["password"])
    if call.method == "POST":
        assert action == "revokeSignInSessions"
        return change(one(users, id=name), "sessions")
    user = one(users, mail=name)
    return {
        "id": user["id"],
        "lastPasswordChangeDateTime": iso(user["set_at"])[:-5] + "Z",
        "onPremisesSyncEnabled": None,
    }


def google_workspace(users, call):
    name, _, action = call.path.removeprefix("/admin/directory/v1/users/").partition("/")
    name = unquote(name)
    if call.method == "PATCH":
        assert call.body["changePasswordAtNextLogin"] is True
        return change(one(users, id=name), "password", call.body["password"])
    if call.method == "POST":
        assert action == "signOut"
        return change(one(users, id=name), "sessions")
    return {"id": one(users, mail=name)["id"]}


def cognito(users, argv, _):
    assert argv[0] == "cognito-idp" and argv[2] == "--cli-input-json" and len(argv) == 4, argv
    wanted = json.loads(argv[3])
    assert set(wanted) == {"UserPoolId", "Username"} and wanted["UserPoolId"] == "eu-1_pool"
    name = wanted["Username"]
    user = one(users, mail=name) if "@" in name else one(users, name=name)
    if argv[1] == "admin-get-user":
        return json.dumps({"UserStatus": user.get("status", "CONFIRMED")})
    if argv[1] == "admin-reset-user-password":
        user["status"] = "RESET_REQUIRED"
        change(user, "mail", apart=False)
        return change(user, "password")
    assert argv[1] == "admin-user-global-sign-out"
    return change(user, "sessions")


def find_by_filter(users, argv, base, attributes):
    """As a directory does: the filter's last condition, its escapes taken back. An unescaped one finds what it says."""
    condition = next(part for part in argv if part.startswith("(&"))
    inner = re.fullmatch(base + r"\((\w+)=([^()*\x00]*)\)\)", condition)
    assert inner, f"the filter is not one condition: {condition}"
    value = re.sub(r"\\([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), inner[2])
    return [(name, user) for name, user in users.items() if {**user, "name": name}[attributes[inner[1]]] == value]


def directory(users, program, argv, stdin, base, attributes, set_at, password):
    if program == "ldapsearch":
        assert "-z" in argv and argv[argv.index("-b") + 1] == "ou=people,dc=example,dc=org"
        found = find_by_filter(users, argv, base, attributes)
        return "".join(f"{dn(name)}\n{set_at(user['set_at'])}\n\n" for name, user in found)
    lines = stdin.splitlines()
    name = next(name for name in users if dn(name) == lines[0])
    return change(users[name], "password", password(lines[1:]))


def dn(name):
    line = f"uid={name},ou=people,dc=example,dc=org"
    return "dn:: " + base64.b64encode(line.encode()).decode() if name == "olav" else f"dn: {line}"


def active_directory(users, argv, stdin):
    def password(lines):
        assert lines[:2] == ["changetype: modify", "replace: unicodePwd"] and len(lines) == 3, lines
        quoted = base64.b64decode(lines[2].removeprefix("unicodePwd:: ")).decode("utf-16-le")
        assert quoted[0] == quoted[-1] == '"'
        return quoted[1:-1]

    assert "bind.password" in argv
    base = re.escape("(&(objectCategory=person)(objectClass=user)")
    return directory(
        users,
        PROGRAM,
        argv,
        stdin,
        base,
        {"sAMAccountName": "name", "mail": "mail"},
        lambda seconds: f"pwdLastSet: {(seconds + 11644473600) * 10000000 + 1234567}",
        password,
    )


def openldap(users, argv, stdin):
    def password(lines):
        assert lines[:2] == ["changetype: modify", "replace: userPassword"] and len(lines) == 3, lines
        return lines[2].removeprefix("userPassword: ")

    return directory(
        users,
        PROGRAM,
        argv,
        stdin,
        re.escape("(&(objectClass=person)"),
        {"uid": "name", "mail": "mail"},
        lambda seconds: f"entryUUID: 0000\npwdChangedTime: {generalized(seconds)[:-1]}.123456Z",
        password,
    )


def freeipa(users, argv, _):
    command, *options, separator, name = argv
    assert separator == "--"
    user = one(users, name=name)
    if command == "user-show":
        assert options == ["--all", "--raw"]
        return f"  dn: uid={name}\n  krbLastPwdChange: {generalized(user['set_at'])}\n  krbPasswordExpiration: 20300101000000Z\n"
    assert (command, options) == ("user-mod", ["--random"])
    user["set_at"] = int(time.time())
    change(user, "password")
    return "  Random password: this is for nobody\n"


def linux(users, argv, _):
    if PROGRAM == "getent":
        assert argv[:2] == ["-s", "files"]
        user, table = one(users, name=argv[3]), argv[2]
        numbers = {
            "passwd": f"x:{1000 + len(argv[3])}:1000::/home:/bin/sh",
            "shadow": f"$y$:{user['set_at'] // 86400}:0:99999:7:::",
        }
        return f"{argv[3]}:{numbers[table]}\n"
    assert argv[:3] == ["-p", "*", "--"] and len(argv) == 4, argv
    user = one(users, name=argv[3])
    user["set_at"] = int(time.time())
    return change(user, "password")


class Call:
    """What curl is asked, from its arguments."""

    def __init__(self, argv, stdin):
        self.method, self.body, url = "GET", None, None
        argv = list(argv)
        while argv:
            option = argv.pop(0)
            if option in ("-X", "-H", "--retry", "--data-binary", "-d"):
                value = argv.pop(0)
                if option == "-X":
                    self.method = value
                elif option == "-H":
                    assert value == "@auth" or value.startswith("Content-Type:"), "a token on the command line"
                elif option == "--data-binary":
                    self.method = "POST" if self.method == "GET" else self.method
                    self.body = json.loads(stdin if value == "@-" else value)
            elif option not in ("-fsS", "--path-as-is"):
                assert url is None and option.startswith("https://"), f"not one URL: {option}"
                url = urlsplit(option)
        assert re.fullmatch(r"[A-Za-z0-9._~%/@$?=&,!'()*-]*", url.path + url.query), f"not encoded: {url}"
        assert "/./" not in url.path + "/" and "/../" not in url.path + "/", f"a path that moves: {url.path}"
        self.path, self.query = url.path, parse_qs(url.query, keep_blank_values=True)


def answer(recipe, program, argv, stdin):
    """Answers one call of a program, changing the state in $SYSTEM."""
    global PROGRAM
    PROGRAM = program
    path = os.environ["SYSTEM"]
    with open(path, encoding="utf-8") as file:
        users = json.load(file)
    handler = globals()[recipe.replace("-", "_")]
    try:
        said = handler(users, Call(argv, stdin)) if program == "curl" else handler(users, argv, stdin)
    except NotFound:
        return 22
    with open(path, "w", encoding="utf-8") as file:
        json.dump(users, file)
    sys.stdout.write(said if isinstance(said, str) else "" if said is None else json.dumps(said))
    return 0


if __name__ == "__main__":
    called = os.path.basename(sys.argv[0])
    reads = any(part == "@-" for part in sys.argv) or called == "ldapmodify"
    try:
        sys.exit(answer(os.environ["RECIPE"], called, sys.argv[1:], sys.stdin.read() if reads else ""))
    except AssertionError as error:
        with open(os.environ["SYSTEM"] + ".wrong", "a", encoding="utf-8") as file:
            file.write(f"{called} {sys.argv[1:]}: {error}\n")
        sys.exit(99)
