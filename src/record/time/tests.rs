//! Which lines have a time, which, and how sure.

use jiff::Timestamp;
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

/// The clock of all rows: UTC, 2026.
fn clock() -> Clock {
    Clock { year_hint: Some(2026), ..Clock::default() }
}

/// What the report would say of a line: the instant and, in brackets, its basis where it is not written in full.
fn told(line: &[u8]) -> String {
    let Some(stamp) = find(line) else { return "-".to_owned() };
    assert!(line.get(stamp.span.clone()).is_some_and(|text| !text.is_empty()), "span of {:?}", line.escape_ascii());
    let Some((second, basis)) = resolve(&stamp, &clock()) else { return "unresolved".to_owned() };
    let instant = Timestamp::from_second(second).unwrap();
    match basis {
        TimeBasis::LogTimestamp => instant.to_string(),
        TimeBasis::ZoneAssumed => format!("{instant} (zone)"),
        TimeBasis::YearInferred => format!("{instant} (year)"),
        other => format!("{instant} ({other:?})"),
    }
}

fn check(rows: &[(&str, &str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(name, line, want)| (name, want, told(line.as_bytes())))
        .filter(|(_, want, got)| got != *want)
        .map(|(name, want, got)| format!("{name}: want {want}, got {got}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Protects the spellings that begin a line.
#[test]
fn formats() {
    check(&[
        ("rfc 3339", "2026-03-12T09:26:00.001Z\t7f0c-req\tINFO", "2026-03-12T09:26:00Z"),
        ("rfc 3339 lower case", "2026-03-12t09:26:00z x", "2026-03-12T09:26:00Z"),
        ("rfc 3339 offset", "2015-04-24T21:08:58.430632+02:00 err", "2015-04-24T19:08:58Z"),
        ("iso basic offset", "2017-01-24T14:43:48.494+0200 D COMMAND", "2017-01-24T12:43:48Z"),
        ("iso hour offset", "2026-03-12 09:15:03-07 LOG", "2026-03-12T16:15:03Z"),
        ("iso negative half hour", "2026-03-12T09:15:03-03:30 x", "2026-03-12T12:45:03Z"),
        ("iso without zone", "2026-03-12T09:15:03 x", "2026-03-12T09:15:03Z (zone)"),
        ("iso to the minute", "2026-03-12T09:15Z x", "2026-03-12T09:15:00Z"),
        ("iso basic", "20260312T091457Z x", "2026-03-12T09:14:57Z"),
        ("iso basic, fraction, offset", "[20260312T091457.123+0100] x", "2026-03-12T08:14:57Z"),
        ("nanoseconds", "2016-10-06T00:17:09.669794203Z stderr F", "2016-10-06T00:17:09Z"),
        ("leap second", "2016-12-31T23:59:60Z x", "2016-12-31T23:59:59Z"),
        ("leap day", "2024-02-29 10:00:00 x", "2024-02-29T10:00:00Z (zone)"),
        ("java zone id", "2026-03-12T09:15:03+01:00[Europe/Berlin] x", "2026-03-12T08:15:03Z"),
        (
            "rails",
            "Started POST \"/users/sign_in?a=1\" for 203.0.113.7 at 2026-03-12 09:20:01 +0100",
            "2026-03-12T08:20:01Z",
        ),
        (
            "rails of old",
            "Processing SessionsController#create (for ::1 at 2010-03-12 09:20:01) [POST]",
            "2010-03-12T09:20:01Z (zone)",
        ),
        ("not rails", "Started the trial for jane at 2026-03-12 09:20:01 +0100", "-"),
        ("log4j", "2026-03-12 09:20:01,114 DEBUG app.auth", "2026-03-12T09:20:01Z (zone)"),
        ("log4j with offset", "2018-01-24 18:25:08,454 -0800 INFO pid=2376", "2018-01-25T02:25:08Z"),
        ("serilog", "2022-02-11 14:07:54.110 +02:00 [Warning] x", "2022-02-11T12:07:54Z"),
        ("swift", "2018-04-30 10:33:09.199616+0800 StatusIm[81777:11484316] x", "2018-04-30T02:33:09Z"),
        ("nginx error, go", "2026/03/12 09:15:08 [error] 31#31: *7741", "2026-03-12T09:15:08Z (zone)"),
        ("gin", "[GIN] 2022/02/07 - 10:49:23 | 401 |", "2022-02-07T10:49:23Z (zone)"),
        ("postgres", "2021-11-04 19:46:46.560 UTC [96298]: [3-1] db=x", "2021-11-04T19:46:46Z"),
        ("postgres glued", "2020-07-10 15:16:53 UTC:[local]:postgres", "2020-07-10T15:16:53Z"),
        ("summer time", "2025-04-12 00:14:12.837 CEST [1329108] x", "2025-04-11T22:14:12Z"),
        ("pacific", "2025-08-13 01:45:01.123 PDT [12345] LOG:", "2025-08-13T08:45:01Z"),
        ("ambiguous zone", "2025-08-13 01:45:01 CST x", "2025-08-13T01:45:01Z (zone)"),
        ("unknown zone", "2025-08-13 01:45:01 XYZT x", "2025-08-13T01:45:01Z (zone)"),
        ("mysql", "2015-10-23 13:54:06 7434 [Note] WSREP: x", "2015-10-23T13:54:06Z (zone)"),
        ("mariadb", "2021-11-09  5:13:11 8 [Warning] Access", "2021-11-09T05:13:11Z (zone)"),
        ("iis", "2026-03-12 09:15:03 10.0.0.4 GET /login pwd=x 443", "2026-03-12T09:15:03Z (zone)"),
        ("cloudfront", "2026-03-12\t09:15:03\tFRA2\t200", "2026-03-12T09:15:03Z (zone)"),
        ("syslog", "Mar 12 09:15:04 lb1 sshd[2117]: x", "2026-03-12T09:15:04Z (year)"),
        ("syslog, day padded by a blank", "Jun  3 11:37:43 h x", "2026-06-03T11:37:43Z (year)"),
        ("syslog, day padded by 0", "Nov 03 12:05:21 tac radiusd[1]: x", "2026-11-03T12:05:21Z (year)"),
        ("syslog, year before", "Mar 12 2025 09:15:04 fw x", "2025-03-12T09:15:04Z (zone)"),
        ("syslog, year behind", "Mar 12 09:15:04 2025 fw x", "2025-03-12T09:15:04Z (zone)"),
        ("syslog, zone but no year", "Mar 12 09:15:04 UTC fw x", "2026-03-12T09:15:04Z (year)"),
        ("syslog with priority", "<34>Oct 11 22:14:15 mymachine su: x", "2026-10-11T22:14:15Z (year)"),
        ("rfc 5424", "<34>1 2003-10-11T22:14:15.003Z mymachine su - - x", "2003-10-11T22:14:15Z"),
        ("syslog, year first", "2025 Mar 12 09:15:04 switch %X", "2025-03-12T09:15:04Z (zone)"),
        (
            "syslog, haproxy",
            "Mar 12 09:15:04 lb1 haproxy[2117]: 1.2.3.4:5 [12/Mar/2025:09:15:04.102]",
            "2025-03-12T09:15:04Z (zone)",
        ),
        ("syslog, radius", "Nov 03 12:05:21 t radiusd[19]: 2025-11-03T12:05:21.09-05:00: D", "2025-11-03T17:05:21Z"),
        (
            "syslog, another time",
            "Nov 03 12:05:21 t cron[19]: expires 2027-11-03 10:00:00",
            "2026-11-03T12:05:21Z (year)",
        ),
        ("cisco", "<189>000123: *Mar  1 00:00:10.123: %SYS-5", "2026-03-01T00:00:10Z (year)"),
        ("apache error", "[Fri Sep 09 10:42:29.902022 2011] [core:error]", "2011-09-09T10:42:29Z (zone)"),
        ("ctime", "Thu Mar 12 09:15:04 2026 [pid 27244] [user] x", "2026-03-12T09:15:04Z (zone)"),
        ("date(1)", "Thu Mar 12 09:15:04 UTC 2026: x", "2026-03-12T09:15:04Z"),
        ("git", "Thu Mar 12 09:15:04 2026 +0100 x", "2026-03-12T08:15:04Z"),
        ("javascript", "Thu Mar 12 2026 09:15:04 GMT+0100 (CET) x", "2026-03-12T08:15:04Z"),
        ("http date", "Date: Thu, 12 Mar 2026 09:15:04 GMT", "2026-03-12T09:15:04Z"),
        ("logcat", "06-21 02:23:14.609  1234  1234 D tag: x", "2026-06-21T02:23:14Z (year)"),
        ("logcat with year", "2023-06-21 02:23:14.609 29893-30269 okhttp", "2023-06-21T02:23:14Z (zone)"),
        ("klog", "I0312 09:15:04.118201   1 main.go:259] x", "2026-03-12T09:15:04Z (year)"),
        ("roundcube", "[12-Oct-2016 10:00:00] IMAP Error", "2016-10-12T10:00:00Z (zone)"),
        ("roundcube with zone", "[12-Oct-2016 10:00:00 +0200]: x", "2016-10-12T08:00:00Z"),
        ("oracle", "12-MAR-26 09:15:03 x", "2026-03-12T09:15:03Z (zone)"),
        ("redis", "1:C 25 Apr 2024 05:32:35.018 * Redis", "2024-04-25T05:32:35Z (zone)"),
        ("jul german", "Feb. 13, 2020 2:50:36 NACHM. org.glassfish.jersey", "2020-02-13T14:50:36Z (zone)"),
        ("jul german umlaut", "März 13, 2020 12:50:36 VORM. org", "2020-03-13T00:50:36Z (zone)"),
        ("jul english", "Feb 13, 2020 2:50:36 PM org.apache", "2020-02-13T14:50:36Z (zone)"),
        ("jul narrow blank", "Feb 13, 2020 2:50:36\u{202f}PM org.apache", "2020-02-13T14:50:36Z (zone)"),
        ("jul french", "févr. 13, 2020 2:50:36 PM org.apache", "2020-02-13T14:50:36Z (zone)"),
        ("jul spanish", "dic. 13, 2020 2:50:36 p. m. org.apache", "2020-12-13T14:50:36Z (zone)"),
        ("noon and midnight", "Feb 13, 2020 12:00:00 AM x", "2020-02-13T00:00:00Z (zone)"),
        ("german date", "12.03.2026 09:15:03 x", "2026-03-12T09:15:03Z (zone)"),
        ("us", "03/12/2026 09:15:03 AM x", "2026-03-12T09:15:03Z (zone)"),
        ("us by its day", "03/13/2026 09:15:03 x", "2026-03-13T09:15:03Z (zone)"),
        ("british by its day", "13/03/2026 09:15:03 x", "2026-03-13T09:15:03Z (zone)"),
        ("us, two digits", "01/25/22 16:08:03.531511 web_php[1].ERR", "2022-01-25T16:08:03Z (zone)"),
        ("nest", "[Nest] 7  - 08/02/2023, 7:32:47 PM    WARN", "2023-08-02T19:32:47Z (zone)"),
        ("suricata", "07/11/2022-10:29:32.251216  [**] [1:2008578:4]", "2022-07-11T10:29:32Z (zone)"),
        ("erlang", "=INFO REPORT==== 22-Apr-2016::10:55:59 ===", "2016-04-22T10:55:59Z (zone)"),
        ("ruby", "I, [2013-11-18T21:56:57.325395 #8594]  INFO", "2013-11-18T21:56:57Z (zone)"),
        ("laravel", "[2026-03-12 09:25:00] production.ERROR: x", "2026-03-12T09:25:00Z (zone)"),
        ("bracket after level", "[INFO]  [Jun  3 11:37:43.875] EXPORTER: x", "2026-06-03T11:37:43Z (year)"),
        ("rust env_logger", "[2026-09-02T10:00:00Z DEBUG tutabridge] x", "2026-09-02T10:00:00Z"),
        ("level first", "WARN 2026-03-12 09:25:00 x", "2026-03-12T09:25:00Z (zone)"),
        ("level and colon first", "INFO: 2026-03-12 09:25:00 x", "2026-03-12T09:25:00Z (zone)"),
        ("colours", "\u{1b}[2m2026-03-12T09:25:00Z\u{1b}[0m x", "2026-03-12T09:25:00Z"),
        ("docker compose", "web-1  | 2024-04-25T05:32:35.58Z  * Debug", "2024-04-25T05:32:35Z"),
        ("elb", "https 2020-01-11T16:56:05.917294Z app/x", "2020-01-11T16:56:05Z"),
        ("milliseconds", "1773307270000 Goodbye", "2026-03-12T09:21:10Z"),
        ("redis monitor", "1773307990.118201 [0 198.51.100.7:50288] \"AUTH\"", "2026-03-12T09:33:10Z"),
        ("bash history", "#1773308650\nmysql -u x", "2026-03-12T09:44:10Z"),
        ("zsh history", ": 1773308650:0;mysql -u x", "2026-03-12T09:44:10Z"),
        ("nagios", "[1773308650] SERVICE ALERT", "2026-03-12T09:44:10Z"),
    ]);
}

/// Protects times that stand farther on: access logs and known keys.
#[test]
fn fields() {
    let far = format!(r#"{{"pad":"{}","ts":1773307990.5,"x":1}}"#, "x".repeat(700));
    let docker =
        format!(r#"{{"log":"{}","stream":"stdout","time":"2026-03-12T10:00:03.000000001Z"}}"#, "x".repeat(4000));
    check(&[
        ("access log", "198.51.100.7 - - [12/Mar/2026:09:14:57 +0000] \"GET / HTTP/1.1\"", "2026-03-12T09:14:57Z"),
        ("virtual host", "a.example 1.2.3.5 - u [07/Apr/2022:14:46:08 +0200] \"GET", "2022-04-07T12:46:08Z"),
        ("haproxy", "198.51.100.7:51344 [12/Mar/2026:09:15:04.102] fe", "2026-03-12T09:15:04Z (zone)"),
        ("proxmox", "101 1 tap101i0-IN 20/Jun/2022:13:12:46 +0200 REJECT", "2022-06-20T11:12:46Z"),
        (
            "uwsgi",
            "[pid: 8|app: 0] 127.0.0.1 () {38 vars} [Sun Mar 13 22:49:15 2016] POST",
            "2016-03-13T22:49:15Z (zone)",
        ),
        (
            "bitbucket",
            "10.2.3.4 | https | o@2C | admin | 2022-04-12 05:39:57,408 | \"POST",
            "2022-04-12T05:39:57Z (zone)",
        ),
        ("hmail", "\"SMTPD\"\t15356\t2564\t\"2022-07-03 19:46:05.173\"\t\"127.0.0.1\"", "2022-07-03T19:46:05Z (zone)"),
        ("vdsm", "MainThread::ERROR::2011-12-05 07:04:56,300::vdsm", "2011-12-05T07:04:56Z (zone)"),
        ("modsecurity", "---LzuBCjtw---A--\n[12/Mar/2026:09:15:09 +0000] 17", "2026-03-12T09:15:09Z"),
        ("audit", "type=TTY msg=audit(1773308600.118:24287): proctitle=6D", "2026-03-12T09:43:20Z"),
        (
            "logstash",
            r#"{"message":"login {\"date\":\"2020-01-01T00:00:00Z\"}","@timestamp":"2026-03-12T10:00:05Z"}"#,
            "2026-03-12T10:00:05Z",
        ),
        ("json time", r#"{"level":"debug","time":"2025-09-14T16:56:57.729","x":1}"#, "2025-09-14T16:56:57Z (zone)"),
        ("json blanks", "{\n  \"timestamp\" : \"2025-09-14 16:56:57\"", "2025-09-14T16:56:57Z (zone)"),
        ("envoy", r#"{"start_time":"2026-03-12T09:15:05.010Z","method":"GET"}"#, "2026-03-12T09:15:05Z"),
        ("nginx json", r#"{"time_iso8601": "2023-10-10T10:18:28+00:00", "x": 1}"#, "2023-10-10T10:18:28Z"),
        ("nginx json local", r#"{"time_local":"12/Mar/2026:09:14:57 +0100"}"#, "2026-03-12T08:14:57Z"),
        (
            "cloudtrail",
            r#"{"userIdentity":{"creationDate":"2020-01-01T00:00:00Z"},"eventTime":"2023-04-12T11:56:49Z"}"#,
            "2023-04-12T11:56:49Z",
        ),
        ("pino", r#"{"level":30,"time":1773307270000,"pid":17}"#, "2026-03-12T09:21:10Z"),
        ("zap", r#"{"level":"error","ts":1711741827.9626286,"x":1}"#, "2024-03-29T19:50:27Z"),
        (
            "quoted milliseconds",
            r#"{"msg-type":"activity","date":"1485763882908","user":"root"}"#,
            "2017-01-30T08:11:22Z",
        ),
        ("milliseconds with fraction", r#"{"time": 1490386367764.0, "x": 1}"#, "2017-03-24T20:12:47Z"),
        (
            "journald",
            r#"{ "__CURSOR" : "s=e9;i=372a", "__REALTIME_TIMESTAMP" : "1534860261221373" }"#,
            "2018-08-21T14:04:21Z",
        ),
        ("journald export", "__CURSOR=s=e9\n__REALTIME_TIMESTAMP=1534860261221373\nMESSAGE=x", "2018-08-21T14:04:21Z"),
        ("mongodb", r#"{"t":{"$date":"2022-07-28T18:16:40.466+02:00"},"s":"I"}"#, "2022-07-28T16:16:40Z"),
        ("logfmt", "level=info time=2026-03-12T10:00:07Z msg=\"auth\"", "2026-03-12T10:00:07Z"),
        ("logfmt quoted", "time=\"2026-03-12T10:00:07Z\" level=info", "2026-03-12T10:00:07Z"),
        ("logfmt epoch", "level=info ts=1773307990.118 msg=x", "2026-03-12T09:33:10Z"),
        ("logfmt compact", "level=info ts=20260312T091457Z msg=x", "2026-03-12T09:14:57Z"),
        ("fortinet", "date=2024-10-14 time=13:46:41 tz=\"-0700\"", "2024-10-14T13:46:41Z (zone)"),
        ("ruby hash", r#"{"time"=>"2026-03-12T10:00:07Z", "a"=>1}"#, "2026-03-12T10:00:07Z"),
        (
            "windows event",
            "<Event><System><TimeCreated SystemTime='2026-03-12T10:00:07.123Z'/>",
            "2026-03-12T10:00:07Z",
        ),
        ("xml element", "<event><timestamp>2026-03-12T10:00:07Z</timestamp>", "2026-03-12T10:00:07Z"),
        ("slow query", "# Time: 2026-03-12T10:00:07.123456Z\n# User@Host: x", "2026-03-12T10:00:07Z"),
        ("700 bytes on", &far, "2026-03-12T09:33:10Z"),
        ("behind a long text", &docker, "2026-03-12T10:00:03Z"),
        (
            "the first counts",
            "2026-03-12 09:00:00 x [2025-01-01 00:00:00] ts=1773307990",
            "2026-03-12T09:00:00Z (zone)",
        ),
    ]);
}

/// Protects the quick test of blocks: wherever in the first KiB, or at the end of longer JSON, a field is found.
#[test]
fn every_offset() {
    for field in [
        r#", "time":"2026-03-12T09:33:10Z","x":1"#,
        r#", "ts": "1773307990.118","x":1"#,
        r#", "time"=>"20260312T093310Z","x":1"#,
        " msg=audit(1773307990.118:24287)",
    ] {
        for pad in 0..900 {
            let line = format!("{{\"x\":\"{}\"{field}", "x: y=".repeat(pad / 5) + &"z".repeat(pad % 5));
            assert_eq!(told(line.as_bytes()), "2026-03-12T09:33:10Z", "{line}");
            let long = format!("{{\"x\":\"{}\"{field}", "x".repeat(2_000 + pad));
            assert_eq!(told(long.as_bytes()), "2026-03-12T09:33:10Z", "{long}");
        }
    }
}

/// Protects against times that are not the record's own, and against what only looks like a time.
#[test]
fn counterexamples() {
    check(&[
        ("empty", "", "-"),
        ("prose", "Choose a password: 12 characters", "-"),
        ("query", "GET /x?from=2026-03-12T09:00:00Z&p=1 HTTP/1.1", "-"),
        ("query with a known key", "GET /x?time=2026-03-12T09:00:00Z HTTP/1.1", "-"),
        ("query, later parameter", "GET /x?a=1&ts=1773307990 HTTP/1.1", "-"),
        ("html escaped query", "GET /x?a=1&amp;time=2026-03-12T09:00:00Z", "-"),
        ("path", "GET /backup/2026-03-12T09:00:00Z/x HTTP/1.1", "-"),
        ("cookie", "Set-Cookie: a=b; expires=Thu, 12 Mar 2026 09:00:00 GMT", "-"),
        ("cookie with a known key", "Cookie: a=b;time=2026-03-12T09:00:00Z", "-"),
        ("expires", "session expires=2027-01-01T00:00:00Z", "-"),
        ("expires, logfmt epoch", "user=x password_expires_at=1835787894", "-"),
        ("expires in prose", "password expires 2027-01-01 00:00:00", "-"),
        ("not after", "Not After : 2027-01-01 00:00:00", "-"),
        ("last login", "Last login: Mon Mar 12 09:15:04 2026 from 10.0.0.1", "-"),
        ("last modified", "Last-Modified: Thu, 12 Mar 2026 09:15:04 GMT", "-"),
        ("birth", r#"{"user":"x","dob":"1990-01-02 00:00:00","password":"y"}"#, "-"),
        ("birth in xml", "<user><dob>1991-01-02 00:00:00</dob><password>y</password>", "-"),
        ("birth in brackets", "born [1990-01-02 00:00:00] x", "-"),
        ("date without a clock", r#"{"date":"2001-02-03","password":"y"}"#, "-"),
        ("changed at", r#"{"passwordChangedAt":"2026-01-02T03:04:05Z"}"#, "-"),
        ("message of a record without time", r#"{"log":"2026-03-12 09:15:03 x","stream":"stdout"}"#, "-"),
        ("escaped inner key", r#"{"body":"{\"timestamp\":\"2026-03-12T09:15:03Z\"}"}"#, "-"),
        ("key that only ends so", r#"{"load_timestamp":1445680800424,"x-time":"2026-03-12T09:15:03Z"}"#, "-"),
        ("date of another object", r#"{"birth":{"$date":"1991-03-12T09:15:03Z"}}"#, "-"),
        ("object dump", "User(id=1, date=2020-01-01 10:00:00)", "-"),
        ("sql", "INSERT INTO users VALUES (1,'tlind','x','2020-01-02 10:00:00');", "-"),
        ("table row", "17\ttlind\t$2y$10$x\t2020-01-02 10:00:00", "-"),
        ("table row of psql", " 17 | tlind | x | 2020-01-02 10:00:00 |", "-"),
        ("csv row", "17,tlind,x,2020-01-02 10:00:00", "-"),
        ("number in the first column", "1555123456\ttlind\tx", "-"),
        ("number of a phone", "4915112345678 logged in", "-"),
        ("dmesg", "[12345.678] usb 1-1: new device", "-"),
        ("version", "app 2.14.1 build 20260312 at 10.0.0.4:8443", "-"),
        ("addresses", "10:22:33:44:55:66 fe80::1:23:45 10.0.0.1:22:33", "-"),
        ("clock only", "10:02:11 <x@example.com> hi, the password is y", "-"),
        ("strace", "08:09:33.815688 brk(0) = 0x1513000", "-"),
        ("duration", "time=0.0123 status=200 ts=17", "-"),
        ("month 13", "2026-13-12 09:15:03 x", "-"),
        ("day 30 of february", "2026-02-30 09:15:03 x", "-"),
        ("leap day of a common year", "2025-02-29 09:15:03 x", "-"),
        ("leap day of a common year, inferred", "Feb 29 09:15:03 h x", "unresolved"),
        ("hour 24", "2026-03-12 24:15:03 x", "-"),
        ("second 83", "[GIN] 2022/02/07 - 10:49:83 | 401", "-"),
        ("hour 13 before noon", "Feb 13, 2020 13:50:36 AM x", "-"),
        ("epoch of 1970", "{\"ts\":1234567}", "-"),
        ("epoch of 2255", "{\"ts\":9000000000}", "-"),
        ("year 1905", "1905-03-12 09:15:03 x", "-"),
        ("day or month first", "03/12/2026 09:15:03 x", "-"),
        ("glued to a word", "v2026-03-12 09:15:03 x", "-"),
        ("ends in a word", "2015-04-24T21:08:58.430632FOO err", "-"),
        ("listing", "-rw-r--r-- 1 root root 1090 Mar 12 09:15 file", "-"),
        ("date without year or seconds", "Mar 12 09:15 file", "-"),
        ("behind the bounds", &format!("{} [12/Mar/2026:09:14:57 +0000]", "x".repeat(300)), "-"),
    ]);
}

/// Protects the user's zone: applied with its summer time, never over a written one.
#[test]
fn zone_of_the_clock() {
    let clock = Clock { zone: TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap(), year_hint: Some(2025) };
    let second = |line: &str| resolve(&find(line.as_bytes()).unwrap(), &clock).unwrap();
    let utc = |y, m, d, h| date(y, m, d).at(h, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
    assert_eq!(second("2026-01-12 09:00:00 x"), (utc(2026, 1, 12, 8), TimeBasis::ZoneAssumed));
    assert_eq!(second("2026-07-12 09:00:00 x"), (utc(2026, 7, 12, 7), TimeBasis::ZoneAssumed));
    assert_eq!(second("2026-07-12 09:00:00Z x"), (utc(2026, 7, 12, 9), TimeBasis::LogTimestamp));
    assert_eq!(second("Jul 12 09:00:00 x"), (utc(2025, 7, 12, 7), TimeBasis::YearInferred));
    // An hour that the clocks skipped is read as if they had not.
    assert_eq!(second("2026-03-29 02:00:00 x"), (utc(2026, 3, 29, 1), TimeBasis::ZoneAssumed));
    assert_eq!(resolve(&find(b"Jul 12 09:00:00 x").unwrap(), &Clock::default()), None);
}

/// Protects logs that run through New Year.
#[test]
fn year_from_a_moment() {
    let moment = |y, m, d| date(y, m, d).at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
    for (line, at, near, until) in [
        ("Dec 31 23:59:59 h x", moment(2026, 1, 1), Some(2025), Some(2025)),
        ("Jan  1 00:00:01 h x", moment(2026, 1, 1), Some(2026), Some(2026)),
        ("Jan  1 00:00:01 h x", moment(2025, 12, 31), Some(2026), Some(2026)),
        ("Jan  9 00:00:01 h x", moment(2025, 12, 31), Some(2026), Some(2025)),
        ("Mar 12 00:00:01 h x", moment(2026, 1, 1), Some(2026), Some(2025)),
        ("Feb 29 00:00:01 h x", moment(2026, 1, 1), None, Some(2024)),
    ] {
        let stamp = find(line.as_bytes()).unwrap();
        assert_eq!((stamp.year_near(at), stamp.year_until(at)), (near, until), "{line}");
    }
    let stamp = find(b"Dec 31 23:59:59 h x").unwrap();
    assert_eq!((stamp.year_near(i64::MAX), stamp.year_until(i64::MIN)), (None, None));
}

/// Protects the year that a file's name gives.
#[test]
fn names() {
    for (path, want) in [
        ("access-2026-03-12.log", Some(2026)),
        ("u_ex260312.log", Some(2026)),
        ("logs/W3SVC1/u_ex26031209_x.log", Some(2026)),
        ("ex990312.log", Some(1999)),
        ("messages-20260312.gz", Some(2026)),
        ("app.2026.log", Some(2026)),
        ("app_2026_03_12T09.log.1", Some(2026)),
        ("app-12-03-2025.log", Some(2025)),
        ("dump_20250312091500.sql", Some(2025)),
        ("syslog-202503", Some(2025)),
        ("logs/2025/03/app.log", Some(2025)),
        ("2024/app-2025-03-12.log", Some(2025)),
        ("logs/2025-11.tar.gz!/var/log/messages", Some(2025)),
        ("server-2000-2025-03-12.log", Some(2025)),
        ("C:\\logs\\2025\\app.log", Some(2025)),
        ("app.log", None),
        ("app.log.1", None),
        ("build-14725.log", None),
        ("201012.log", None),
        ("index260312.log", None),
        ("20261399.log", None),
        ("1773307990.log", None),
        ("", None),
    ] {
        assert_eq!(year_in_name(path), want, "{path}");
    }
}

/// Protects promise 3: the zone and the locale of the machine change nothing. Runs the tables again under others.
#[test]
fn machine_changes_nothing() {
    let (_, module) = module_path!().split_once("::").unwrap();
    for test in ["formats", "fields", "zone_of_the_clock", "year_from_a_moment"] {
        #[allow(clippy::disallowed_methods)] // this test itself, under another environment
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args([&format!("{module}::{test}"), "--exact"])
            .envs([("TZ", "Asia/Kolkata"), ("LC_ALL", "de_DE.UTF-8")])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success() && text.contains("1 passed"), "{test}: {text}");
    }
}

/// How a moment is written; the offset is in minutes.
fn spell(format: usize, at: DateTime, offset: i32) -> String {
    let (sign, hours, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60, offset.abs() % 60);
    let zone = format!("{sign}{hours:02}:{minutes:02}");
    let basic = format!("{sign}{hours:02}{minutes:02}");
    match format {
        0 => format!("{}{zone}", at.strftime("%Y-%m-%dT%H:%M:%S")),
        1 => format!("{} {basic}", at.strftime("%Y-%m-%d %H:%M:%S,123")),
        2 => format!("h - - [{} {basic}] \"GET / HTTP/1.1\"", at.strftime("%d/%b/%Y:%H:%M:%S")),
        3 => format!("{} {basic}", at.strftime("%a %b %d %H:%M:%S %Y")),
        4 => format!("{}{zone} x", at.strftime("%Y/%m/%d %H:%M:%S.000001")),
        5 => format!("{} {basic}", at.strftime("%d-%b-%Y %H:%M:%S")),
        6 => format!("{} {basic} x", at.strftime("%b %d, %Y %-I:%M:%S %p")),
        7 => format!("{}{basic} x", at.strftime("%Y%m%dT%H%M%S")),
        8 => format!("{} GMT{basic} x", at.strftime("%a %b %d %Y %H:%M:%S")),
        9 => format!("{{\"a\":1,\"ts\":\"{}{zone}\"}}", at.strftime("%Y-%m-%dT%H:%M:%S.5")),
        10 => format!("{} {basic}", at.strftime("%m/%d/%Y %I:%M:%S %p")),
        _ => format!("{} {basic}", at.strftime("%a, %d %b %Y %H:%M:%S")),
    }
}

/// Digits, marks, a word, more of them.
const NEARLY: &str = concat!(
    r#"[0-9]{0,20}[-/. :TZ,=>+"'\[({m@éJan]{0,6}(time|ts|Mar|AM|févr\.|\x1b\[)?"#,
    r#"[-0-9:/. ,=+Z"'é\\\[]{0,60}"#
);

proptest! {
    /// Protects the exact instant in every main spelling, whatever the zone.
    #[test]
    fn reads_what_was_written(second in 631_200_000_i64..4_133_900_000, quarters in -48..=56, format in 0_usize..12) {
        let offset = Offset::from_seconds(quarters * 900).unwrap();
        let line = spell(format, offset.to_datetime(Timestamp::from_second(second).unwrap()), quarters * 15);
        let stamp = find(line.as_bytes()).unwrap();
        prop_assert_eq!(resolve(&stamp, &Clock::default()), Some((second, TimeBasis::LogTimestamp)), "{}", line);
    }

    /// Protects epochs of every unit.
    #[test]
    fn reads_epochs(second in 1_000_000_000_i64..4_133_900_000, unit in 0_u32..4) {
        let line = format!("{{\"ts\":{}}}", second * 1_000_i64.pow(unit));
        let got = find(line.as_bytes()).and_then(|stamp| resolve(&stamp, &Clock::default()));
        prop_assert_eq!(got, Some((second, TimeBasis::LogTimestamp)), "{}", line);
    }

    /// Protects the scan: no bytes make it panic, and a span lies inside its line.
    #[test]
    fn survives_bytes(line in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Some(stamp) = find(&line) {
            prop_assert!(line.get(stamp.span.clone()).is_some());
            resolve(&stamp, &clock());
            stamp.year_near(0);
        }
    }

    /// The same for lines that are nearly times.
    #[test]
    fn survives_broken_times(line in NEARLY, cut in 0_usize..80) {
        let line = line.as_bytes();
        for line in [line, &line[..line.len().min(cut)], &line[line.len().min(cut)..]] {
            if let Some(stamp) = find(line) {
                prop_assert!(line.get(stamp.span.clone()).is_some());
                resolve(&stamp, &clock());
            }
        }
    }

    /// Names are as wild as lines.
    #[test]
    fn survives_names(path in r"(\PC|[0-9._/-]|ex|in|nc){0,40}") {
        prop_assert!(year_in_name(&path).is_none_or(|year| YEARS.contains(&year)));
    }
}
