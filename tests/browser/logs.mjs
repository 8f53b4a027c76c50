// Writes logs that leak: so many accounts, over six weeks, from the statements of several frameworks.
//
// Everything is invented, and the same for the same arguments.

import { mkdirSync, openSync, writeSync, closeSync } from "node:fs";
import { join } from "node:path";

const FIRST = "maja oskar priya tom ingrid luca amara chen elif noah sofia yusuf hana pavel zoe mateo aiko lars nadia omar".split(" ");
const LAST = "lindqvist brandt raman harris moreno okafor wei demir larsen rossi tanaka novak costa haddad meyer silva".split(" ");
const BEGIN = Date.UTC(2026, 9, 5);
const DAYS = 42;

/** Names that try to be markup, code, commands or something else; each must come out as plain text. */
export const HOSTILE = [
  "<script>window.hit=1</script>", "</script><script>window.hit=1</script>", "<img/src=x/onerror=window.hit=1>",
  "<svg/onload=window.hit=1>", "\"onmouseover=window.hit=1", "'-window.hit-'", "javascript:window.hit=1",
  "<!--", "-->", "<!--<script>", "]]>", "</style><script>window.hit=1</script>", "</title><b>x", "</noscript><b>x",
  "<iframe/src=//example.org>", "<a/href=//example.org>x</a>", "<base/href=//example.org>", "<link/href=//example.org>",
  "<meta/http-equiv=refresh>", "<template><b>", "<plaintext>", "<xmp>", "<textarea>", "<select><option>",
  "${window.hit=1}", "{{window.hit=1}}", "`window.hit`", "\\u003cscript\\u003e", "&lt;script&gt;", "&#60;b&#62;",
  "%3Cscript%3E", "=HYPERLINK(1)", "@SUM(1)", "+1+1", "-2-3", "__proto__", "constructor", "toString", "hasOwnProperty",
  "null", "undefined", "NaN", "0", "-0", "1e309", "\u202egnp.exe", "\u200bzero", "a\u0301\u0301\u0301\u0301",
  "\u05d0\u05d1\u05d2\u05d3", "\ud83d\udc69\u200d\ud83d\udcbb",
];

/** Numbers that look thrown and are the same every time. */
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const iso = (at) => new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
const clf = (at) => {
  const [, day, month, year, time] = /\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(at).toUTCString());
  return `${day}/${month}/${year}:${time} +0000`;
};
const path = encodeURIComponent;
const text = (value) => JSON.stringify(value).slice(1, -1);

/** One leak each: file, weight, and the lines that it writes. */
const STATEMENTS = [
  ["web/access.log", 30, (at, who, secret) =>
    `198.51.100.7 - - [${clf(at)}] "GET /login?email=${path(who)}&pwd=${path(secret)} HTTP/1.1" ${at % 9000 ? 302 : 401} 0 "-" "Mozilla/5.0"`],
  ["api/app.jsonl", 24, (at, who, secret) =>
    `{"level":30,"time":"${iso(at)}","msg":"request","req":{"method":"POST","url":"/signin","body":{"email":"${text(who)}","password":"${text(secret)}"}}}`],
  ["orders/orders.log", 14, (at, who, secret) =>
    `${iso(at)} DEBUG [http-8] c.e.orders.Session - login LoginRequest(email=${who}, password=${secret}, remember=false)`],
  ["rails/production.log", 9, (at, who, secret) =>
    `I, [${iso(at).slice(0, -1)}.104283 #811]  INFO -- : [3f1c] Parameters: {"user"=>{"email"=>"${text(who)}", "password"=>"${text(secret)}"}, "commit"=>"Log in"}`],
  ["jobs/worker.log", 8, (at, who, secret) =>
    `${iso(at)} INFO worker: settings {'user': '${who.replace(/'/g, "\\'")}', 'password': '${secret}', 'retries': 3}`],
  ["mail/imap.log", 7, (at, who, secret) => `${iso(at)} imap-login: < a1 LOGIN "${text(who)}" "${secret}"`],
  ["cron/backup.log", 3, (at, who, secret) =>
    `${iso(at)} cron[811]: (root) CMD (curl -s -u '${who.replace(/'/g, "")}:${secret}' https://files.example.com/upload)`],
];

/**
 * Writes the logs of `accounts` accounts below `folder`. The names of `hostile` are among them, as those of people who
 * typed them.
 */
export function writeLogs(folder, accounts, hostile = []) {
  const roll = dice(accounts);
  const files = new Map();
  const lines = new Map(STATEMENTS.map(([file]) => [file, []]));
  const flush = (file) => {
    if (!files.has(file)) {
      mkdirSync(join(folder, file, ".."), { recursive: true });
      files.set(file, openSync(join(folder, file), "w"));
    }
    const pending = lines.get(file);
    if (pending.length > 0) writeSync(files.get(file), `${pending.join("\n")}\n`);
    pending.length = 0;
  };
  const all = STATEMENTS.reduce((sum, [, weight]) => sum + weight, 0);
  const leak = (who, number) => {
    let left = roll() * all;
    const [file, , line] = STATEMENTS.find(([, weight]) => (left -= weight) < 0) ?? STATEMENTS[0];
    // Fewer at weekends, more towards the end, and a bad day in the middle.
    let day = Math.floor(Math.sqrt(roll()) * DAYS);
    if (day % 7 > 4 && roll() < 0.6) day -= 3;
    if (roll() < 0.06) day = 23;
    const at = BEGIN + day * 86_400_000 + Math.floor(roll() * 86_400) * 1000;
    lines.get(file).push(line(at, who, `Quince-${number}!${Math.floor(roll() * 90 + 10)}`));
    if (lines.get(file).length > 5000) flush(file);
  };
  for (let number = 0; number < accounts; number += 1) {
    const first = FIRST[number % FIRST.length];
    const last = LAST[Math.floor(number / FIRST.length) % LAST.length];
    const who = `${first}.${last}${number < 320 ? "" : number}@example.${number % 3 ? "com" : "org"}`;
    const times = 1 + Math.floor(roll() * roll() * 4);
    for (let n = 0; n < times; n += 1) leak(who, number);
  }
  for (const who of hostile) {
    const at = BEGIN + 86_400_000;
    lines.get("api/app.jsonl").push(
      `{"level":30,"time":"${iso(at)}","msg":"request","body":{"username":"${text(who)}","password":"Quince-19"}}`);
  }
  for (const [file] of STATEMENTS) flush(file);
  for (const open of files.values()) closeSync(open);
}

if (process.argv[2] && import.meta.url.endsWith(process.argv[1].split("/").pop())) {
  writeLogs(process.argv[2], Number(process.argv[3]), process.argv[4] ? HOSTILE : []);
}
