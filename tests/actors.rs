//! Whose password it is when several are named: who acted and on whom, what is changed and what is confirmed.

use std::sync::Arc;

use logleak::exposure::{Exposure, Findings, Place};
use logleak::terms::Dismissal;
use logleak::{RuleSet, Scanner};

/// Each log, and the account of its only exposure: empty where nobody can be named.
const WHOSE: &[(&str, &str)] = &[
    // Statements and commands behind the prefix of a session.
    (
        "2026-03-12 10:00:00 UTC [811] user=terraform,db=shop LOG:  statement: ALTER USER wren WITH PASSWORD 'Plover-82'",
        "wren",
    ),
    (
        "2026-03-12 10:00:00 UTC [811] user=terraform,db=shop LOG:  statement: UPDATE users SET password='Plover-82' WHERE email='wren@example.com'",
        "wren@example.com",
    ),
    ("2026-03-12 10:00:00 UTC [811] user=terraform,db=shop LOG:  statement: SELECT sync('password=Plover-82')", ""),
    (
        "Mar 12 10:00:00 sw1 77: %PARSER-5-CFGLOG_LOGGEDCMD: User:admin  logged command:username wren password 7 08701E1D5D4C53",
        "wren",
    ),
    ("Mar 12 10:00:00 db9 CRON[811]: (root) CMD (/opt/sync --password=Plover-82)", ""),
    // Audits of clusters and clouds.
    (
        r#"{"kind":"Event","user":{"username":"kubernetes-admin"},"objectRef":{"resource":"secrets","name":"shop"},"requestObject":{"stringData":{"password":"Plover-82"}}}"#,
        "",
    ),
    (
        r#"{"kind":"Event","user":{"username":"kubernetes-admin"},"requestObject":{"stringData":{"username":"wren","password":"Plover-82"}}}"#,
        "wren",
    ),
    (
        r#"{"userIdentity":{"type":"IAMUser","userName":"ops"},"eventName":"CreateLoginProfile","requestParameters":{"userName":"wren","password":"Plover-82"}}"#,
        "wren",
    ),
    (r#"{"initiator":{"user":"ops"},"change":{"password":"Plover-82"}}"#, ""),
    (r#"{"actor":{"user":"ops","password":"Plover-82"},"resource":"orders"}"#, "ops"),
    (r#"{"modifiedBy":"ops","username":"wren","password":"Plover-82"}"#, "wren"),
    // Paths of user management.
    (
        r#"{"event.action":"change_password","user.name":"ops","url.path":"/_security/user/wren/_password","request.body":"{\"password\":\"Plover-82\"}"}"#,
        "wren",
    ),
    (
        r#"{"event.action":"change_password","user.name":"wren","url.path":"/_security/user/_password","request.body":"{\"password\":\"Plover-82\"}"}"#,
        "wren",
    ),
    (r#"ts=2026-03-12T10:00:00Z user=ops method=PUT path=/api/users/wren body={"password":"Plover-82"}"#, "wren"),
    (
        r#"{"auth":{"display_name":"token-root","metadata":{"username":"ops"}},"request":{"path":"auth/userpass/users/wren","data":{"password":"Plover-82"}}}"#,
        "wren",
    ),
    (
        "2026-03-12 10:00:00,111 INFO admin - PUT /service/rest/v1/security/users/wren/change-password password=Plover-82 user=admin",
        "wren",
    ),
    (
        r#"2026-03-12T10:00:00Z caller=ops PATCH https://graph.example.com/v1.0/users/wren%40example.com {"passwordProfile":{"password":"Plover-82"}} user=ops@example.com"#,
        "wren@example.com",
    ),
    // Paths that name nobody else.
    (r#"2026-03-12T10:00:00Z PUT /api/users/4711 body={"username":"wren","password":"Plover-82"}"#, "wren"),
    (r#"2026-03-12T10:00:00Z user=wren PUT /users/me/password body={"new_password":"Plover-82"}"#, "wren"),
    ("2026-03-12T10:00:00Z loading /Users/kestrel/app/conf.json user=wren password=Plover-82", "wren"),
    ("2026-03-12T10:00:00Z GET /users/kestrel?user=wren&password=Plover-82 HTTP/1.1", "wren"),
    // Keys of the name and of the password that belong together, or do not.
    (r#"{"db_password":"Plover-82","mail_user":"finch","db_user":"wren"}"#, "wren"),
    ("env: MAIL_USERNAME=finch DB_PASSWORD=Plover-82", ""),
    (r#"{"email":"wren@example.com","billing_email":"till@example.com","password":"Plover-82"}"#, "wren@example.com"),
    (r#"{"previous_username":"ren","password":"Plover-82","username":"wren"}"#, "wren"),
    (r#"{"password":"Plover-82","manager_email":"boss@example.com","updated_by_user":"ops"}"#, ""),
    (r#"{"admin_user":"ops","target_user":"wren","new_password":"Plover-82"}"#, "wren"),
    ("2026-03-12T10:00:00Z user=ops action=RESET target=wren newPassword=Plover-82", "wren"),
    ("2026-03-12T10:00:00Z user=wren target=db1 password=Plover-82", "wren"),
    (r#"{"adminUsername":"ops","adminPassword":"Plover-82"}"#, "ops"),
    // Objects beside that of the password.
    (r#"{"admin":{"email":"ops@example.com"},"newPassword":"Plover-82","userId":"77"}"#, "77"),
    (r#"{"users":[{"email":"wren@example.com"},{"email":"finch@example.com"}],"password":"Plover-82"}"#, ""),
    (r#"{"name":"api","level":30,"req":{"body":{"password":"Plover-82"}}}"#, ""),
    (
        "<list><account><email>finch@example.com</email></account><account><password>Plover-82</password><email>wren@example.com</email></account></list>",
        "wren@example.com",
    ),
    (
        r#"<account email="finch@example.com"/><account password="Plover-82" email="wren@example.com"/>"#,
        "wren@example.com",
    ),
    ("DEBUG Reset[admin=User{username=ops}, target=User{username=wren}, newPassword=Plover-82]", "wren"),
    (
        r#"<w:Token u:Id="UsernameToken-1"><w:Username>wren</w:Username><w:Password Type="Text">Plover-82</w:Password></w:Token>"#,
        "wren",
    ),
    // What people are called, what they may, and what programs print of nobody.
    (r#"{"displayName":"Anna Meyer","password":"Plover-82"}"#, ""),
    ("2026-03-12T10:00:00Z role=manager password=Plover-82", ""),
    ("2026-03-12T10:00:00Z client_id=web-portal-11 password=Plover-82", ""),
    ("2026-03-12T10:00:00Z user=<no value> password=Plover-82", ""),
    ("2026-03-12T10:00:00Z user=%(user)s password=Plover-82", ""),
    // Sentences.
    ("2026-03-12T10:00:00Z request from user ops: set password=Plover-82 for account wren", "wren"),
    ("2026-03-12T10:00:00Z user=ops set the password of user wren to password: Plover-82", "wren"),
];

/// Logs that say the password of `wren` more than once, how many times, and how many different ones there are.
const ONCE: &[(&str, u32, usize)] = &[
    ("2026-03-12T10:00:00Z change user=wren old_password=Plover-82 new_password=Curlew-11", 2, 2),
    (
        "POST /account user=wren&current_password=Plover-82&password=Curlew-11&password_confirmation=Curlew-11 HTTP/1.1",
        3,
        2,
    ),
    (r#"Parameters: {"user"=>{"login"=>"wren", "password"=>"Plover-82", "password_confirmation"=>"Plover-82"}}"#, 2, 1),
    (r#"{"username":"wren","oldPassword":"Plover-82","newPassword":"Curlew-11","confirmPassword":"Curlew-11"}"#, 3, 2),
    (r#"{"body":"{\"username\":\"wren\",\"password\":\"Plover-82\",\"password2\":\"Plover-82\"}","status":422}"#, 2, 1),
    ("Array\n(\n    [username] => wren\n    [password] => Plover-82\n    [password_again] => Plover-82\n)", 2, 1),
    ("ALTER USER wren IDENTIFIED BY 'Curlew-11' REPLACE 'Plover-82'", 1, 1),
];

#[test]
fn the_account_is_the_one_whose_password_it_is() {
    let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
    let mut faults = Vec::new();
    for (log, whose) in WHOSE {
        let found = scan(&scanner, log);
        let named: Vec<&str> =
            found.iter().map(|e| e.account.as_ref().map_or("", |account| &account.key.identity)).collect();
        if named != [*whose] {
            faults.push(format!("{whose:?}, not {named:?}: {log}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A change and a confirmation are one exposure; the live password leads, also where nobody can be named.
#[test]
fn what_one_record_says_of_one_account_is_one_exposure() {
    let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
    for (log, times, passwords) in ONCE {
        for log in [(*log).to_owned(), log.replace("wren", "null")] {
            let found = scan(&scanner, &log);
            let counted: Vec<(u32, usize)> = found.iter().map(|e| (e.occurrences, e.fingerprints.len())).collect();
            assert_eq!(counted, [(*times, *passwords)], "{log}");
            let live = if *passwords > 1 || *times == 1 { "Curlew-11" } else { "Plover-82" };
            assert_eq!(found[0].fingerprints[0], scanner.fingerprint(live.as_bytes()), "{log}");
        }
    }
}

fn scan(scanner: &Scanner, log: &str) -> Vec<Exposure> {
    let mut found = Found(Vec::new());
    scanner.scan_into("a.log", log.as_bytes(), &mut found);
    found.0
}

struct Found(Vec<Exposure>);

impl Findings for Found {
    fn expose(&mut self, exposure: Exposure) {
        self.0.push(exposure);
    }

    fn dismiss(&mut self, _: Dismissal) {}

    fn window(&mut self, _: &Arc<Place>, _: u64, _: u64) {}
}
