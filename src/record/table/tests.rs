//! Heads and no heads; rows of each format.

use super::head::{Found, find, may_stand};
use super::row::value;
use super::{Next, Region, Text};
use crate::record::field::key_around;
use crate::rule::RuleSet;

/// The rows of the first head in `log`, their cells joined by `|`, cells that say nothing as `~`.
fn rows(log: &str) -> Option<Vec<String>> {
    let rules = RuleSet::builtin().unwrap();
    let text = Text { bytes: log.as_bytes(), offset: 0 };
    let hits = (0..log.len())
        .filter(|&at| ["pass", "pwd", "mdp", "senha"].iter().any(|word| log[at..].to_lowercase().starts_with(word)));
    let head = hits
        .filter(|&at| log.is_char_boundary(at) && may_stand(text.bytes, &key_around(text.bytes, at)))
        .find_map(|at| match find(text, at, rules.vocabulary())? {
            Found::Rows(head, rows) => Some(Region::new(head, rows as u64)),
            Found::Bound(..) => None,
        });
    let mut region = head?;
    let mut shown = Vec::new();
    loop {
        match region.next(text, rules.vocabulary()) {
            Next::Row(row) => shown.push(
                row.cells
                    .iter()
                    .map(|cell| {
                        value(&region.head.format, text.bytes, cell)
                            .map_or("~".to_owned(), |value| String::from_utf8(value.into_owned()).unwrap())
                    })
                    .collect::<Vec<_>>()
                    .join("|"),
            ),
            Next::Nothing => {}
            Next::End => return Some(shown),
        }
    }
}

#[test]
fn each_format_gives_its_rows() {
    for (log, want) in [
        ("login,password\r\nmira,a b\r\n\"o,k\",\"x\"\"y\"\r\n", &["mira|a b", "o,k|x\"y"][..]),
        ("id;Benutzer;Passwort\n1;brinkm;Her,bst\n", &["1|brinkm|Her,bst"]),
        ("\"email\",\"password\"\n\"d@example.com\",\"two\nlines\"\n", &["d@example.com|two\nlines"]),
        ("user\tpassword\nmira\tx\n\n\nmira\ty\n", &["mira|x", "mira|y"]),
        ("user\tpassword\nmira\tx\na\nb\nc\nmira\ty\n", &["mira|x"]),
        ("login,password\nmira,x\nlogin,password\nmira,y\n", &["mira|x"]),
        ("place,user,password\ndoor,-,1\nroof,,2\nshed,n/a,3\n", &["door|-|1", "roof|~|2", "shed|n/a|3"]),
        ("| user | password |\n|------|------|\n| mira | a|b |\n| mira | x |\n", &[]),
        ("| user | password |\n|------|------|\n| mira | x y |\ntext\n", &["mira|x y"]),
        (
            "#Fields: c-ip cs-username password\n1.2.3.4 mira x\n#Date: x\n1.2.3.4 - -\n",
            &["1.2.3.4|mira|x", "1.2.3.4|~|~"],
        ),
        ("#fields\tuser\tpassword\n#types\tstring\tstring\nmira\ta\\x09b\n#close\nmira\ty\n", &["mira|a\tb"]),
        ("COPY t (login, password) FROM stdin;\nmira\ta\\tb\n\\N\t\\N\n\\.\nmira\ty\n", &["mira|a\tb", "~|~"]),
        ("COPY t (login, password) FROM stdin WITH (FORMAT csv);\nmira,\"a,b\"\n", &["mira|a,b"]),
        ("insert into t(login,pwd)values('mira','it''s'),('k', N'x');('no','no')", &["mira|it's", "k|x"]),
        ("INSERT INTO `t` (`pwd`,`id`)\nVALUES\n  (MD5('x'), 1),\n  (NOW(), NULL);", &["x|1", "~|~"]),
        (r#""INSERT INTO \"t\" (\"login\", \"pwd\")\n VALUES (\"mira\",\n \"x\")""#, &["mira|x"]),
        ("REPLACE INTO dbo.[T] ([Login],[Password]) VALUES (HASHBYTES('SHA1','a'), 'b;(')", &["a|b;("]),
        (
            "CREATE TABLE t (login text, pwd varchar(9), KEY k (login));\nINSERT INTO o VALUES ('a','b');\nINSERT INTO public.t VALUES ('a','b');\nINSERT INTO \"t\" VALUES ('c','d');\n",
            &["a|b", "c|d"],
        ),
    ] {
        assert_eq!(rows(log).as_deref(), Some(&want.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()[..]), "{log}");
    }
}

#[test]
fn what_only_mentions_columns_is_no_head() {
    for log in [
        "2026-03-12 INFO fields username, password, email\nmira, x, y\n",
        "[\"username\", \"password\", \"email\"]\n[\"a\", \"b\", \"c\"]\n",
        "\"username\",\n\"password\",\n\"email\"\n",
        "login,password\n",
        "login,password\nno comma here\n",
        "login,password\n2026-03-12 09:14:57,123 INFO start\n",
        "Please enter login, password\nThank you, sir\n",
        "Email,Password\nSign in,Forgot it?\n",
        "mira,password\nbrinkm,letmein\n",
        "INSERT INTO t (login, password) VALUES (?, ?)",
        "INSERT INTO t (login, password) SELECT login, password FROM o",
        "SELECT login, password FROM t",
        "def save(login, password):\n    pass, x\n",
        "COPY t (login, password) TO stdout;\na\tb\n",
        "call login(user, password)",
    ] {
        assert_eq!(rows(log), None, "{log}");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_break_a_table(head in 0usize..6, tail in proptest::collection::vec(proptest::sample::select(
        b"'\"\\,;|\t\n\r ()#-.?$x1".to_vec()), 0..80)) {
        let heads = ["login,password\n", "#fields\tuser\tpassword\n", "COPY t (a, pwd) FROM stdin;\n",
            "INSERT INTO t (a, pwd) VALUES (", "CREATE TABLE t (a int, pwd text);INSERT INTO t VALUES (",
            "| a | pwd |\n|---|---|\n"];
        let mut log = heads[head].to_owned();
        log.push_str(&String::from_utf8(tail).unwrap());
        rows(&log);
    }
}
