# From a report, OCSF 1.8 events of class 2006, Data Security Finding: one for each account and one for each exposure of
# nobody who could be named, one a line.
#
#   jq -c -f ocsf.jq report.json
#
# `data_security.pattern_match` and `raw_data` stay away: they are for the matched text.

def milliseconds: if . == null then null else (sub("\\.[0-9]+Z$"; "Z") | fromdateiso8601) * 1000 end;
def place: {name: (.uri | split("/") | last), path: .uri, type_id: 1};

. as $report
| {
    class_uid: 2006, class_name: "Data Security Finding", category_uid: 2, activity_id: 1, type_uid: 200601,
    time: (.scan.finished_at | milliseconds), status_id: 1, is_alert: true,
    metadata: {version: "1.8.0", product: {name: .tool.name, version: .tool.version, vendor_name: .tool.name},
               correlation_uid: .report_id}
  } as $event
| def finding($uid; $title):
    $event + {
      severity_id: ({low: 2, medium: 3, high: 4, critical: 5}[.severity] // 0),
      confidence_id: ({low: 1, medium: 2, high: 3}[.confidence] // 0),
      finding_info: {uid: $uid, title: $title, first_seen_time: ((.first_seen // .logged_at) | milliseconds),
                     last_seen_time: ((.last_seen // .logged_at) | milliseconds), created_time: $event.time},
      # 6: security, with passwords; 1: at rest, in a log by now.
      data_security: {category_id: 6, category: "Security", data_lifecycle_state_id: 1}
    };
  (.accounts[] | finding(.account_id; "Password exposed in logs") + {
      count: .exposure_count,
      actor: {user: ({name: (.username // .account), uid: .user_id, email_addr: .email, domain: .domain} | del(..|nulls))},
      file: (.exposures[0].location // {uri: "-"} | place),
      unmapped: {action, action_reasons, evidence, modes, account_id}
    }),
  (.unattributed[] | finding(.exposure_id; "Password of an unknown account exposed in logs") + {
      count: .occurrences, file: (.location | place), unmapped: {mode, channel, rule_id}
    })
| del(.finding_info[] | nulls)
