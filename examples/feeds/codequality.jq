# From SARIF, what GitLab shows in merge requests (artifacts:reports:codequality). docs/ci.md shows its use.
#
#   jq -f codequality.jq logleak.sarif > gl-code-quality-report.json

.runs[0].tool.driver.rules as $rules
| [.runs[0].results[] | {
    description: .message.text,
    check_name: .ruleId,
    fingerprint: .partialFingerprints.primaryLocationLineHash,
    severity: ({error: "critical", warning: "major", note: "minor"}[.level] // "info"),
    location: (.locations[0].physicalLocation | {path: .artifactLocation.uri, lines: {begin: (.region.startLine // 1)}})
  }]
