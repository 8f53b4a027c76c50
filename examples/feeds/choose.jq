# From a report, the accounts to reset now, one a line. docs/feeds.md shows its use.
#
#   jq -c --argjson most 500 --slurpfile ledger resets.ndjson -f choose.jq report.json > reset.ndjson
#
# Fails, and so resets nobody, for a report of another format and where there are more than $most. Left out are those
# that the ledger has, and names that are no account's and trouble for programs: empty, with control characters (`$(…)`
# would cut a newline off), `.` and `..` (a URL would lose its end).
# Each line is the account without its exposures, and besides
#   until        nothing in the report was logged later than this (seconds since 1970)
#   safe_after   a password that was set after this is another one than those exposed

def seconds: sub("\\.[0-9]+Z$"; "Z") | fromdateiso8601;

# Nothing is logged after it was scanned. A time without its zone or year can be 26 hours off.
def until($scanned):
    if .last_seen == null then $scanned
    elif .time_basis == "log_timestamp" then .last_seen | seconds
    elif .time_basis == "zone_assumed" or .time_basis == "year_inferred" then .last_seen | seconds + 26 * 3600
    else $scanned end
    | [., $scanned] | min;

(if (.format_version | split(".")[0]) != "1" then error("format_version \(.format_version), and this reads 1") else . end)
| (.scan.finished_at | seconds) as $scanned
| (reduce $ledger[] as $line ({}; .[$line.account_id] |= ([., ($line.reset_at | seconds)] | max))) as $reset
| [.accounts[] | select(.action == "force_reset" and .credential_type == "password")]
| (if length > $most then error("\(length) accounts to reset, more than \($most)") else .[] end)
| .until = until($scanned)
# A form that changes the password is logged as it is sent: what was set within minutes may be what was logged.
| .safe_after = .until + 600
| select(($reset[.account_id] // -1) < .until)
| select([.email, .phone_number, .dn, .username, .user_id] | all(. == null or (test("[\\x00-\\x1f\\x7f]|\\A\\.{0,2}\\z") | not)))
| del(.exposures)
