# From a report, ECS documents: one for each account and one for each exposure of nobody who could be named, one a line.
#
#   jq -c -f ecs.jq report.json

. as $report
| def document($id):
    {
      "@timestamp": $report.scan.finished_at, ecs: {version: "9.1.0"},
      event: {kind: "alert", category: ["iam"], type: ["user", "info"], provider: "logleak", dataset: "logleak.accounts",
              id: $id, severity: ({low: 21, medium: 47, high: 73, critical: 99}[.severity] // 0),
              start: (.first_seen // .logged_at), end: (.last_seen // .logged_at)},
      observer: {product: $report.tool.name, version: $report.tool.version, type: "log-scanner"}
    };
  (.accounts[] | document(.account_id) + {
      message: "password exposed in logs", rule: {id: [.exposures[].rule_id] | unique},
      user: ({name: .username, email: .email, domain: .domain, id: .user_id} | del(..|nulls)),
      related: {user: [.username, .email, .dn, .user_id | values]},
      log: {file: {path: (.exposures[0].location.uri // "-")}},
      logleak: {report_id: $report.report_id, account_id, action, action_reasons, evidence, confidence, modes, exposure_count}
    }),
  (.unattributed[] | document(.exposure_id) + {
      message: "password of an unknown account exposed in logs", rule: {id: [.rule_id]}, log: {file: {path: .location.uri}},
      logleak: {report_id: $report.report_id, exposure_id, mode, channel, confidence}
    })
| del(.event[] | nulls)
