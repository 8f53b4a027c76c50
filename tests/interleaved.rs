//! More than a thousand requests at once, their records shuffled: whose password a record without a name leaks is told
//! by an id that it shares with a record near it, or not at all. A wrong name resets somebody else and leaves the victim
//! exposed, so there must be none.
//!
//! Ids of every kind, the account named before or behind the leak, or never; threads, connections and tenants that many
//! share; decoys that hold the number of an id and mean something else; every way to cut and read the log.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;

/// A generator that is the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

const REQUESTS: usize = 1300;

/// How the records of a request are tied.
const KINDS: &[&str] = &[
    "request id",
    "trace id",
    "session",
    "thread",
    "pid",
    "connection",
    "packet",
    "client",
    "uuid",
    "pooled thread",
    "shared connection",
    "tenant",
];

/// One request: its kind, its number, and whether a record names its account.
struct Request {
    kind: usize,
    number: usize,
    named: bool,
}

impl Request {
    fn account(&self) -> String {
        format!("rower{:04}", self.number)
    }

    /// Whether an id of the request alone ties its records.
    fn id(&self) -> usize {
        2000 + self.number * 7
    }

    /// One record of it: what ties it, and what it says. `part` is its number among those of the request.
    fn record(&self, part: usize, says: &str) -> String {
        let id = self.id();
        let uuid = format!("{id:08x}-5b1c-4d2e-9f30-{:012x}", id * 31);
        let (second, milli) = (self.number % 60, part * 7);
        let time = format!("2026-11-03T10:11:{second:02}.{milli:03}Z");
        match KINDS[self.kind] {
            "request id" if part.is_multiple_of(2) => format!("{time} INFO request_id=r{id:x}q {says}"),
            "request id" => format!("{{\"ts\":\"{time}\",\"requestId\":\"r{id:x}q\"}} {says}"),
            "trace id" => format!("{time} svc-{part}[{part}]: trace_id={:032x} request_id={id}{part} {says}", id * 77),
            "session" => format!("{time} DEBUG session={id:x}zk9w req={part}{id} {says}"),
            "thread" => format!("{time} DEBUG [pool-3-thread-{id}] {says}"),
            "pid" => format!("Nov  3 10:11:{second:02} web-7 portald[{id}]: {says}"),
            "connection" => format!("{time} conn={id} op={part} {says}"),
            "packet" => format!("({id}) {says}"),
            "client" if part.is_multiple_of(2) => format!("{time} 10.0.{}.9:{} {says}", id % 5, 20_000 + id),
            "client" => format!("{time} INFO from 10.0.{}.9 port {}: {says}", id % 5, 20_000 + id),
            "uuid" => format!("{time} [{uuid}] {says}"),
            "pooled thread" => format!("{time} [exec-{}] request_id=p{id:x} {says}", id % 16),
            "shared connection" => format!("{time} conn=8 req={id} {says}"),
            _ => format!("{time} tenant=0f8fad5b-d9cb-469f-a165-70867728950e session=t{id:x}w {says}"),
        }
    }

    /// Its records in their order; the one that leaks is told.
    fn records(&self, random: &mut Random) -> Vec<(String, bool)> {
        let names = [
            format!("login accepted user={}", self.account()),
            format!("loaded profile {{\"username\":\"{}\",\"plan\":\"basic\"}}", self.account()),
        ];
        let leaks = [
            format!("form body password=Oar-{}-lock&remember=1", self.number),
            format!("body {{\"password\":\"Oar-{}-lock\",\"remember\":true}}", self.number),
        ];
        let mut says = vec![("received".to_owned(), false), (leaks[random.below(2)].clone(), true)];
        if self.named {
            says.insert(1 + random.below(2), (names[random.below(2)].clone(), false));
        }
        says.push(("done in 12 ms".to_owned(), false));
        says.into_iter().enumerate().map(|(part, (says, leak))| (self.record(part, &says), leak)).collect()
    }
}

/// A log, and for each line that leaks the request that it belongs to.
struct Log {
    text: String,
    leaks: HashMap<u64, Request>,
}

/// All requests at once; the records of each keep their order.
fn log(seed: u64) -> Log {
    let mut random = Random(seed);
    let mut waiting: Vec<(Request, std::vec::IntoIter<(String, bool)>)> = (0..REQUESTS)
        .map(|number| {
            let request = Request { kind: number % KINDS.len(), number, named: random.below(8) > 0 };
            let records = request.records(&mut random).into_iter();
            (request, records)
        })
        .collect();
    let (mut text, mut leaks, mut line) = (String::new(), HashMap::new(), 0);
    while !waiting.is_empty() {
        line += 1;
        if random.below(10) == 0 {
            // A number that is an id elsewhere.
            let id = 2000 + random.below(REQUESTS) * 7;
            let _ = writeln!(text, "2026-11-03T10:11:12Z INFO stock user=decoy{} items={id} took {id} ms", id % 9);
            continue;
        }
        let which = random.below(waiting.len());
        match waiting[which].1.next() {
            Some((record, leak)) => {
                text.push_str(&record);
                text.push('\n');
                if leak {
                    let Request { kind, number, named } = waiting[which].0;
                    leaks.insert(line, Request { kind, number, named });
                }
            }
            None => {
                waiting.swap_remove(which);
                line -= 1;
            }
        }
    }
    Log { text, leaks }
}

fn scan(folder: &Path, args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_logleak"))
        .current_dir(folder)
        .args(["scan", "-q", "--max-exposures", "100000"])
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a report says of the leaks: right, by several candidates, of nobody. Panics at a wrong name.
fn judge(log: &Log, report: &Value) -> [usize; 3] {
    let (mut counts, mut lines) = ([0; 3], Vec::new());
    for account in report["accounts"].as_array().unwrap() {
        for exposure in account["exposures"].as_array().unwrap() {
            let line = exposure["location"]["line"].as_u64().unwrap();
            let Some(request) = log.leaks.get(&line) else { panic!("line {line} leaks nothing: {exposure}") };
            let kind = KINDS[request.kind];
            assert_eq!(account["account"], request.account(), "line {line}, tied by {kind}, named: {}", request.named);
            assert_eq!(exposure["attribution"], "correlated", "{kind}");
            lines.push(line);
            counts[0] += 1;
        }
    }
    for exposure in report["unattributed"].as_array().unwrap() {
        let line = exposure["location"]["line"].as_u64().unwrap();
        assert!(log.leaks.contains_key(&line), "line {line} leaks nothing");
        lines.push(line);
        counts[if exposure["candidates"].as_array().unwrap().is_empty() { 2 } else { 1 }] += 1;
    }
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), log.leaks.len(), "every leak is in the report once");
    counts
}

#[test]
fn interleaved_requests_name_nobody_wrongly() {
    for seed in 1..=3 {
        let log = log(seed);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.log"), &log.text).unwrap();
        let report = scan(folder.path(), &["a.log"]);
        let [right, several, nobody] = judge(&log, &report);
        let named = log.leaks.values().filter(|request| request.named).count();
        println!("seed {seed}: {right} right of {named} that are named, {several} ambiguous, {nobody} of nobody");
        assert!(right * 2 > named, "{right} of {named} are told");
        assert!(several * 20 < named, "a shared connection, thread or tenant makes nobody ambiguous: {several}");
    }
}

/// Any cut and any way to read tells the same of each of them.
#[test]
fn every_cut_tells_the_same_accounts() {
    let log = log(5);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.log"), &log.text).unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(log.text.as_bytes()).unwrap();
    fs::write(folder.path().join("b.log.gz"), packed.finish().unwrap()).unwrap();
    let told = |args: &[&str]| {
        let report = scan(folder.path(), args);
        judge(&log, &report);
        let mut accounts: Vec<(u64, String)> = Vec::new();
        for account in report["accounts"].as_array().unwrap() {
            for exposure in account["exposures"].as_array().unwrap() {
                let line = exposure["location"]["line"].as_u64().unwrap();
                accounts.push((line, account["account"].to_string()));
            }
        }
        for exposure in report["unattributed"].as_array().unwrap() {
            accounts.push((exposure["location"]["line"].as_u64().unwrap(), exposure["candidates"].to_string()));
        }
        accounts.sort();
        accounts
    };
    let whole = told(&["a.log"]);
    for args in [
        &["a.log", "--chunk-size", "2971", "-j", "3", "--io", "read"][..],
        &["a.log", "--chunk-size", "4096", "--io", "map"],
        &["a.log", "--chunk-size", "65537", "-j", "2"],
        &["b.log.gz", "--chunk-size", "5499"],
        &["b.log.gz"],
    ] {
        assert!(told(args) == whole, "{args:?}");
    }
}

/// Conversations without ids: whose each password is, in the order of the log.
const CONVERSATIONS: &[(&str, &[&str])] = &[
    // Two that are interleaved.
    (
        "C: USER alice.k\nS: 331 Password required\nC: USER bob.m\nS: 331 Password required\n\
         C: PASS Sommer-2024x\nC: PASS Winter-2025y\n",
        &["alice.k or bob.m", "alice.k or bob.m"],
    ),
    ("username: alice.k\nusername: bob.m\npassword: Sommer-2024x\n", &["alice.k or bob.m"]),
    // One after the other.
    (
        "C: USER alice.k\nC: PASS Sommer-2024x\nS: 230 ok\nC: USER bob.m\nC: PASS Winter-2025y\nS: 230 ok\n",
        &["alice.k", "bob.m"],
    ),
    // The first name was refused, or given twice.
    ("C: USER alice.k\nS: 530 Login incorrect.\nC: USER bob.m\nC: PASS Winter-2025y\n", &["bob.m"]),
    ("C: USER bob.m\nC: USER bob.m\nC: PASS Winter-2025y\n", &["bob.m"]),
    // AUTH LOGIN, interleaved; and one after the other.
    (
        "S: 334 VXNlcm5hbWU6\nC: YWxpY2Uuaw==\nS: 334 VXNlcm5hbWU6\nC: Ym9iLm0=\n\
         S: 334 UGFzc3dvcmQ6\nC: U29tbWVyLTIwMjR4\nS: 334 UGFzc3dvcmQ6\nC: V2ludGVyLTIwMjV5\n",
        &["alice.k or bob.m", ""],
    ),
    (
        "S: 334 VXNlcm5hbWU6\nC: YWxpY2Uuaw==\nS: 334 UGFzc3dvcmQ6\nC: U29tbWVyLTIwMjR4\n\
         S: 334 VXNlcm5hbWU6\nC: Ym9iLm0=\nS: 334 UGFzc3dvcmQ6\nC: V2ludGVyLTIwMjV5\n",
        &["alice.k", "bob.m"],
    ),
    // Prompts of a terminal, likewise.
    (
        "DEBUG read_channel: Username:\nDEBUG write_channel: b'alice.k'\n\
         DEBUG read_channel: Username:\nDEBUG write_channel: b'bob.m'\n\
         DEBUG read_channel: Password:\nDEBUG write_channel: b'Sommer-2024x'\n",
        &["alice.k or bob.m"],
    ),
    (
        "DEBUG read_channel: Username:\nDEBUG write_channel: b'alice.k'\n\
         DEBUG read_channel: Password:\nDEBUG write_channel: b'Sommer-2024x'\n\
         DEBUG read_channel: Username:\nDEBUG write_channel: b'bob.m'\n\
         DEBUG read_channel: Password:\nDEBUG write_channel: b'Winter-2025y'\n",
        &["alice.k", "bob.m"],
    ),
    // Names and passwords by turns: which come first is told by where the lines begin.
    ("username: alice.k\npassword: Sommer-2024x\nusername: bob.m\npassword: Winter-2025y\n", &["alice.k", "bob.m"]),
    (
        "username: alice.k\nhost: db1\npassword: Sommer-2024x\nusername: bob.m\nhost: db2\npassword: Winter-2025y\n",
        &["alice.k", "bob.m"],
    ),
    // A log's own lines between are no block: the name beside the password is meant.
    (
        "username: alice.k\n10:00:01 INFO started\n10:00:02 INFO ready\npassword: Winter-2025y\nusername: bob.m\n",
        &["bob.m"],
    ),
    ("password: Sommer-2024x\nusername: alice.k\npassword: Winter-2025y\nusername: bob.m\n", &["alice.k", "bob.m"]),
    ("password: Sommer-2024x\nusername: alice.k\n\npassword: Winter-2025y\nusername: bob.m\n", &["alice.k", "bob.m"]),
];

/// Of two that nothing tells apart neither is taken for the other: both are candidates.
#[test]
fn what_two_may_have_said_is_nobodys() {
    for (text, expected) in CONVERSATIONS {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("talk.log"), text).unwrap();
        let report = scan(folder.path(), &["talk.log"]);
        let mut whose: Vec<(u64, String)> = Vec::new();
        for account in report["accounts"].as_array().unwrap() {
            for exposure in account["exposures"].as_array().unwrap() {
                whose.push((
                    exposure["location"]["line"].as_u64().unwrap(),
                    account["account"].as_str().unwrap().into(),
                ));
            }
        }
        for exposure in report["unattributed"].as_array().unwrap() {
            let candidates = exposure["candidates"].as_array().unwrap();
            let mut names: Vec<&str> = candidates.iter().map(|one| one["sub_id"]["id"].as_str().unwrap()).collect();
            names.sort_unstable();
            whose.push((exposure["location"]["line"].as_u64().unwrap(), names.join(" or ")));
        }
        whose.sort();
        let whose: Vec<&str> = whose.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(whose, *expected, "{text}");
    }
}
