//! Lines that leak nothing: the ordinary ones, and those that hold a password word all the same.

use super::piece::{Clock, Hex, Random, Two, put};

const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "okhttp/5.3.2",
    "kube-probe/1.34",
];
const PATHS: &[&str] = &[
    "/",
    "/login",
    "/api/v2/orders",
    "/api/v2/cart/items",
    "/static/js/main.4f2a91.js",
    "/api/v2/catalogue/search",
    "/account/profile",
    "/healthz",
];
const SERVICES: &[&str] = &["orders", "cart", "catalogue", "auth", "mailer", "billing"];
const MESSAGES: &[&str] = &[
    "order accepted",
    "cache miss, asking the database",
    "session token refreshed",
    "retrying after a timeout of the payment gateway",
    "login page rendered",
    "request finished",
];
const UNITS: &[&str] = &["logrotate", "nginx", "postgresql", "docker", "cron"];
pub const NAMES: &[&str] = &["root", "admin", "deploy", "oracle", "test", "guest", "backup", "git"];

/// A line of an ordinary log: mostly access log, then application JSON, then syslog.
pub fn push(random: &mut Random, clock: &Clock, out: &mut Vec<u8>) {
    match random.below(100) {
        0..45 => access(random, clock, random_path, out),
        45..82 => application(random, clock, out),
        _ => system(random, clock, out),
    }
}

/// A line that holds a password word, such as `Failed password for`, and leaks nothing.
pub fn push_with_password_word(random: &mut Random, clock: &Clock, out: &mut Vec<u8>) {
    let name = random.pick(NAMES);
    match random.below(10) {
        0..3 => {
            syslog_head(random, clock, "sshd", out);
            put!(out; "Failed password for ", random.pick(&["", "invalid user "]), name, " from ", random.address());
            put!(out; " port ", 1024 + random.below(60_000), " ssh2");
        }
        3 => access(random, clock, |_, out| put!(out; "/password/reset?step=2&lang=en"), out),
        4 => {
            json_head(random, clock, out);
            put!(out; "\"msg\":\"parameters\",\"params\":{\"login\":\"", name, "\",\"password\":\"[FILTERED]\"}}");
        }
        5 => {
            put!(out; "ts=", clock.iso(), " level=info svc=auth msg=\"login form\" user=", name, " password=**** ip=");
            put!(out; random.address(), " request_id=", Hex(random.next()), " ms=", random.below(900));
        }
        6 => {
            syslog_head(random, clock, "sudo", out);
            put!(out; "  ", name, " : TTY=pts/0 ; PWD=/home/", name, " ; USER=root ; COMMAND=/usr/bin/systemctl reload ");
            put!(out; random.pick(UNITS));
        }
        7 => {
            json_head(random, clock, out);
            put!(out; "\"msg\":\"Password validation failed\",\"reason\":\"too short\",\"password_min_length\":12}");
        }
        8 => {
            put!(out; clock.iso(), " DEBUG [http-", random.below(64), "] > Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.");
            put!(out; Hex(random.next()), Hex(random.next()), ".", Hex(random.next()), " (GET ", random.pick(PATHS), ")");
        }
        _ => {
            syslog_head(random, clock, "passwd", out);
            put!(out; "pam_unix(passwd:chauthtok): password changed for ", name);
        }
    }
}

fn access(random: &mut Random, clock: &Clock, path: fn(&mut Random, &mut Vec<u8>), out: &mut Vec<u8>) {
    put!(out; random.address(), " - - [", clock.access(), "] \"", random.pick(&["GET ", "GET ", "POST "]));
    path(random, out);
    put!(out; " HTTP/1.1\" ", random.pick(&[200, 200, 200, 204, 302, 304, 404, 500]), " ", random.below(90_000));
    put!(out; " \"https://shop.example.com", random.pick(PATHS), "\" \"", random.pick(AGENTS), "\"");
}

fn random_path(random: &mut Random, out: &mut Vec<u8>) {
    put!(out; random.pick(PATHS));
    if random.below(2) == 0 {
        put!(out; "?page=", random.below(40), "&sort=created&session=", Hex(random.next()));
    }
}

fn application(random: &mut Random, clock: &Clock, out: &mut Vec<u8>) {
    json_head(random, clock, out);
    put!(out; "\"user_id\":", random.below(900_000), ",\"method\":\"GET\",\"path\":\"", random.pick(PATHS));
    put!(out; "\",\"status\":", random.pick(&[200, 201, 404, 500]), ",\"duration_ms\":", random.below(900));
    put!(out; ",\"msg\":\"", random.pick(MESSAGES), "\"}");
}

fn json_head(random: &mut Random, clock: &Clock, out: &mut Vec<u8>) {
    put!(out; "{\"ts\":\"", clock.iso(), "\",\"level\":\"", random.pick(&["debug", "info", "warn"]));
    put!(out; "\",\"service\":\"", random.pick(SERVICES), "\",\"request_id\":\"", Hex(random.next()), "\",");
}

fn system(random: &mut Random, clock: &Clock, out: &mut Vec<u8>) {
    match random.below(4) {
        0 => {
            syslog_head(random, clock, "sshd", out);
            put!(out; "Accepted publickey for ", random.pick(NAMES), " from ", random.address(), " port ");
            put!(out; 1024 + random.below(60_000), " ssh2: ED25519 SHA256:", Hex(random.next()), Hex(random.next()));
        }
        1 => {
            syslog_head(random, clock, "systemd", out);
            put!(out; "Started ", random.pick(UNITS), ".service, a unit of the machine, in ", random.below(9), ".");
            put!(out; Two(random.below(100)), " s.");
        }
        2 => {
            syslog_head(random, clock, "CRON", out);
            put!(out; "(root) CMD (test -x /usr/sbin/anacron || run-parts --report /etc/cron.daily)");
        }
        _ => {
            syslog_head(random, clock, "postfix/smtp", out);
            put!(out; Hex(random.next()), ": to=<orders@example.org>, relay=mx.example.org[", random.address());
            put!(out; "]:25, delay=0.", Two(random.below(100)), ", dsn=2.0.0, status=sent (250 2.0.0 Ok: queued)");
        }
    }
}

fn syslog_head(random: &mut Random, clock: &Clock, program: &str, out: &mut Vec<u8>) {
    put!(out; clock.syslog(), " web-", Two(random.below(12)), " ", program, "[", 300 + random.below(30_000), "]: ");
}
