//! What ties lines together: the request, the session, the connection, the thread or the process that wrote them.

use std::sync::LazyLock;

use regex::bytes::Captures;

use crate::rule::Expression;

/// How much a tie embraces, the narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    Request,
    Trace,
    Session,
    Connection,
    Thread,
    Process,
}

impl Scope {
    pub(super) const ALL: [Self; 6] =
        [Self::Request, Self::Trace, Self::Session, Self::Connection, Self::Thread, Self::Process];
}

/// What an id numbers. Equal numbers of different kinds tie nothing: `session=17` is not `thread=17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Request,
    /// A number that each record of a request may have for itself.
    Part,
    Uuid,
    /// The number of a packet, as FreeRADIUS writes it.
    Packet,
    Trace,
    Transaction,
    Session,
    Connection,
    /// A client's address with its port.
    Client,
    Thread,
    ThreadName,
    Process,
    Program,
}

impl Kind {
    fn scope(self) -> Scope {
        match self {
            Self::Request | Self::Part | Self::Uuid | Self::Packet => Scope::Request,
            Self::Trace | Self::Transaction => Scope::Trace,
            Self::Session => Scope::Session,
            Self::Connection | Self::Client => Scope::Connection,
            Self::Thread | Self::ThreadName => Scope::Thread,
            Self::Process | Self::Program => Scope::Process,
        }
    }

    /// What the word of a key numbers.
    fn of_key(key: &[u8]) -> Self {
        let key = key.to_ascii_lowercase();
        match key.as_slice() {
            b"request" | b"req" | b"rid" => Self::Request,
            b"trace" | b"traceparent" | b"correlation" | b"corr" => Self::Trace,
            b"transaction" | b"txn" | b"flow" => Self::Transaction,
            b"session" | b"sess" | b"sid" | b"uid" => Self::Session,
            b"connection" | b"conn" | b"channel" | b"cid" => Self::Connection,
            b"client" | b"peer" | b"remote" => Self::Client,
            b"thread" | b"tid" => Self::Thread,
            b"process" | b"pid" => Self::Process,
            _ => Self::Part,
        }
    }

    /// Whether lines of two different ones are of two different requests, whatever else they share. Parts are not:
    /// every record may have a number of its own.
    fn parts(self) -> bool {
        !matches!(self, Self::Part | Self::Uuid | Self::Thread | Self::ThreadName | Self::Process | Self::Program)
    }
}

/// One id on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tie<'t> {
    pub(super) kind: Kind,
    value: &'t [u8],
    /// The port of a client, where it is written apart from the address.
    port: Option<&'t [u8]>,
    /// A word without a digit: it may be an id or say something. Two of them part lines, and one ties none.
    word: bool,
}

/// How far into a record ids are looked for, in bytes.
const HEAD: usize = 4096;

/// The ids on a line.
pub(super) fn ties(line: &[u8]) -> Vec<Tie<'_>> {
    let line = &line[..line.len().min(HEAD)];
    let numbers_others =
        |found: &Captures<'_>| found.name("uuid").is_some_and(|uuid| is_of_many(&line[..uuid.start()]));
    TIES.captures_iter(line).filter(|found| !numbers_others(found)).filter_map(|found| tie(&found)).collect()
}

/// Whether the key that `before` ends in numbers what many requests share: a tenant, a device, a program.
fn is_of_many(before: &[u8]) -> bool {
    const SHARED: &[&[u8]] = &[
        b"tenant",
        b"org",
        b"organization",
        b"organisation",
        b"customer",
        b"device",
        b"machine",
        b"install",
        b"installation",
        b"instance",
        b"project",
        b"workspace",
        b"subscription",
        b"realm",
        b"app",
        b"application",
        b"client",
        b"product",
        b"account",
        b"host",
        b"node",
        b"cluster",
        b"region",
        b"company",
        b"site",
    ];
    let end = before.iter().rposition(|b| !b"\\\"'=: [(".contains(b)).map_or(0, |i| i + 1);
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let start = before[..end].iter().rposition(|&b| !part(b)).map_or(0, |i| i + 1);
    let key = before[start..end].to_ascii_lowercase();
    let word = key.strip_suffix(b"uuid").or_else(|| key.strip_suffix(b"id")).unwrap_or(&key);
    let word = word.trim_ascii_end();
    let word = word.strip_suffix(b"_").or_else(|| word.strip_suffix(b"-")).unwrap_or(word);
    SHARED.contains(&word)
}

/// A keyed id; then the forms that have no key.
static TIES: LazyLock<Expression> = LazyLock::new(|| {
    Expression::new(
        r#"(?x-u)
        (?i:(?:\b|_|[a-z])(?<key>request|req|rid|message|msg|event|span|call|activity|traceparent|trace|correlation|corr
            |transaction|txn|flow|session|sess|sid|connection|conn|channel|cid|client|peer|uid|thread|tid|process|pid)
            (?<id>[_\s.-]?(?:id|no|nr|number))?
            \\{0,3}["']?(?:\s?[=:\#]\s?|\s)\\{0,3}["'\[(]?(?<value>[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,63}))
        |(?<address>\b[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::(?<port>[0-9]{2,5})\b|[\s,]\s?port[\s=:]\s?(?<port2>[0-9]{2,5})\b)
        |\b(?i:(?<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}))\b
        |\[(?<request>req-[0-9a-zA-Z-]+)\]
        |(?:^|:\s)\s{0,3}\((?<packet>[0-9]{1,9})\)\s
        |\b(?<outgoing>http-outgoing-[0-9]+)\b
        |\[(?<conn>conn[0-9]+)\]
        |\#[0-9]+:\s\*(?<nginx>[0-9]+)\b
        |\[\s*(?<thread>[A-Za-z][A-Za-z0-9_.\#-]{0,60}-[0-9]+)\s*\]
        |^[0-9:.\s-]{14,30}\s(?<logcat>[0-9]{2,7}[-\s]\s{0,4}[0-9]{2,7})\s
        |\b(?<program>(?:[A-Za-z][A-Za-z0-9_.-]{0,62}\s)?[A-Za-z][A-Za-z0-9_./-]{1,40}\[[0-9]{1,8}\])
        |\[(?<pid>[0-9]{2,8})\]|\#(?<pid2>[0-9]{2,8})\]"#,
    )
});

fn tie<'t>(found: &Captures<'t>) -> Option<Tie<'t>> {
    let group = |name: &str| found.name(name).map(|m| m.as_bytes());
    if let Some(key) = group("key") {
        return keyed(key, found.name("id").is_some(), found.get(0)?.as_bytes(), group("value")?);
    }
    if let Some(value) = group("address") {
        let port = group("port").or_else(|| group("port2"));
        return Some(Tie { kind: Kind::Client, value, port, word: false });
    }
    const FORMS: &[(&str, Kind)] = &[
        ("uuid", Kind::Uuid),
        ("request", Kind::Request),
        ("packet", Kind::Packet),
        ("outgoing", Kind::Connection),
        ("conn", Kind::Connection),
        ("nginx", Kind::Connection),
        ("thread", Kind::ThreadName),
        ("logcat", Kind::Thread),
        ("program", Kind::Program),
        ("pid", Kind::Process),
        ("pid2", Kind::Process),
    ];
    let (name, kind) = FORMS.iter().find(|(name, _)| found.name(name).is_some())?;
    Some(Tie { kind: *kind, value: group(name)?, port: None, word: false })
}

/// `key` with its value, where that can be an id: it has a digit, or the key says that it is one.
fn keyed<'t>(key: &[u8], says_id: bool, whole: &[u8], value: &'t [u8]) -> Option<Tie<'t>> {
    let end = value.iter().rposition(u8::is_ascii_alphanumeric)? + 1;
    let value = &value[..end];
    let kind = Kind::of_key(key);
    let digit = value.iter().any(u8::is_ascii_digit);
    let letter = value.iter().any(u8::is_ascii_alphabetic);
    let spaced = !whole.contains(&b'=') && !whole[key.len()..].contains(&b':') && !whole.contains(&b'#');
    let plain = match kind {
        // `message 3 of 5`, `event: login`.
        // Nor does a short number tell one event from another of its kind: `event_id=4624`.
        Kind::Part => says_id && digit && (letter || value.len() > 5),
        // `grid=7` is none, and the first process of a container is all of it.
        Kind::Request if key.eq_ignore_ascii_case(b"rid") => digit && whole.starts_with(key) && value.len() > 3,
        Kind::Process if value == b"1" => false,
        // The number of a user is no session.
        Kind::Session if key.eq_ignore_ascii_case(b"uid") => digit && letter && value.len() >= 8,
        // An address alone is shared by many.
        Kind::Client => {
            let colon = value.iter().position(|&b| b == b':')?;
            let (address, port) = (&value[..colon], &value[colon + 1..]);
            let whole = !address.is_empty() && !port.is_empty() && port.iter().all(u8::is_ascii_digit);
            return whole.then_some(Tie { kind, value: address, port: Some(port), word: false });
        }
        Kind::Request | Kind::Trace | Kind::Transaction if spaced => says_id && digit,
        _ => digit,
    };
    let sure = plain || says_id && value.len() >= 6 && !spaced;
    let word = !sure && !spaced && matches!(kind, Kind::Request | Kind::Trace | Kind::Session);
    (sure || word).then_some(Tie { kind, value, port: None, word })
}

impl Tie<'_> {
    /// Whether lines with the same id belong together.
    pub(super) fn is_sure(&self) -> bool {
        !self.word
    }

    pub(super) fn scope(&self) -> Scope {
        self.kind.scope()
    }

    /// Whether others have the id before and after: a thread serves one request after the other.
    pub(super) fn is_reused(&self) -> bool {
        self.scope() >= Scope::Connection && self.kind != Kind::Client
    }

    /// The bytes that a line with the same id holds as a whole word.
    pub(super) fn needle(&self) -> &[u8] {
        self.port.unwrap_or(self.value)
    }

    /// Whether the id says of itself which one it is, under whatever key it stands.
    fn is_distinctive(&self) -> bool {
        let count = |wanted: fn(&u8) -> bool| self.value.iter().filter(|b| wanted(b)).count();
        let (digits, letters) = (count(u8::is_ascii_digit), count(u8::is_ascii_alphabetic));
        matches!(self.scope(), Scope::Request | Scope::Trace | Scope::Session)
            && (digits >= 2 && letters >= 1 && digits + letters >= 8 || digits >= 14)
    }

    /// Whether a line that holds the needle and has the ids `theirs` has this id.
    pub(super) fn is_on(&self, theirs: &[Tie<'_>]) -> bool {
        let same = |other: &Tie<'_>| other.value == self.value && other.port == self.port;
        self.is_distinctive() || theirs.iter().any(|other| other.kind == self.kind && same(other))
    }

    /// Whether two lines that share this id are all the same of two requests: what is reused, a connection, a thread, a
    /// process, ties only what no closer id parts.
    pub(super) fn is_parted(&self, own: &[Tie<'_>], theirs: &[Tie<'_>]) -> bool {
        let closer = match (self.kind, self.scope()) {
            (Kind::Uuid, _) => Scope::Thread,
            (_, Scope::Request | Scope::Trace | Scope::Session) => return false,
            (_, scope) => scope,
        };
        own.iter().filter(|tie| tie.kind.parts() && tie.scope() < closer).any(|tie| {
            let mut of_kind = theirs.iter().filter(|other| other.kind == tie.kind).peekable();
            of_kind.peek().is_some() && !of_kind.any(|other| other.value == tie.value && other.port == tie.port)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_the_forms_that_logs_have() {
        for (line, want) in [
            ("request_id=a1b2 x", Some((Kind::Request, "a1b2"))),
            (r#"{"reqId":"9f-77"}"#, Some((Kind::Request, "9f-77"))),
            (r#"\"X-Request-Id\": \"77a\""#, Some((Kind::Request, "77a"))),
            ("traceparent: 00-4bf92f3577b34da6-01", Some((Kind::Trace, "00-4bf92f3577b34da6-01"))),
            ("JSESSIONID=9A2F77", Some((Kind::Session, "9A2F77"))),
            ("session 4711 opened", Some((Kind::Session, "4711"))),
            ("conn=1001 op=0 BIND", Some((Kind::Connection, "1001"))),
            ("client=10.0.3.4:5022", Some((Kind::Client, "10.0.3.4"))),
            ("from 10.0.3.4 port 5022 ssh2", Some((Kind::Client, "10.0.3.4"))),
            ("from 10.0.3.4:5022", Some((Kind::Client, "10.0.3.4"))),
            ("(17) User-Name", Some((Kind::Packet, "17"))),
            ("Tue Nov  3 10:00:00 2026 : Debug: (17) User-Name", Some((Kind::Packet, "17"))),
            ("[http-nio-8080-exec-7] x", Some((Kind::ThreadName, "http-nio-8080-exec-7"))),
            ("thread=17", Some((Kind::Thread, "17"))),
            ("pid: 811", Some((Kind::Process, "811"))),
            ("Nov  3 10:00:00 web-1 sshd[811]: x", Some((Kind::Program, "web-1 sshd[811]"))),
            ("2026/11/03 10:00:00 [error] 31#31: *1742 x", Some((Kind::Connection, "1742"))),
            ("client=10.0.3.4", None),
            ("event: login, message 3 of 5", None),
            ("authentication failure; uid=1000 euid=0", None),
            ("session opened for user", None),
        ] {
            let found = ties(line.as_bytes());
            let first =
                found.iter().find(|tie| tie.is_sure()).map(|tie| (tie.kind, std::str::from_utf8(tie.value).unwrap()));
            assert_eq!(first, want, "{line}");
        }
    }
}
