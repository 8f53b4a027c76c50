//! The HTML report as a file: complete in itself, named by its hashes, and silent about what it must not tell. What it
//! does in a browser is tested by `tests/browser/report.mjs`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const LOG: &str = r#"198.51.100.7 - - [12/Mar/2026:10:00:00 +0000] "GET /login?email=jane@example.com&pwd=Tr0ub4dor HTTP/1.1" 302 0
198.51.100.7 - - [13/Mar/2026:10:00:00 +0000] "GET /login?user=%3C%2Fscript%3E%3Cb%3E&pwd=Tr0ub4dor HTTP/1.1" 302 0
"#;

fn page(folder: &Path, args: &[&str]) -> String {
    fs::write(folder.join("access<b>.log"), LOG).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_logleak"));
    command.current_dir(folder).args(["scan", "-q", "-f", "html", "."]).args(args).stderr(Stdio::piped());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn between<'t>(text: &'t str, before: &str, behind: &str) -> &'t str {
    let from = text.find(before).unwrap_or_else(|| panic!("no {before}")) + before.len();
    &text[from..from + text[from..].find(behind).unwrap()]
}

/// The policy forbids everything but the style and the script that stand in the page: one byte of either that does not
/// agree with its hash, and the page is bare.
#[test]
fn the_policy_names_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    for args in [&[][..], &["--show-accounts"]] {
        let page = page(folder.path(), args);
        let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
        let hash = |content: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content)));
        assert!(policy.starts_with("default-src 'none'; "));
        assert!(policy.contains(&format!("style-src {};", hash(between(&page, "<style>", "</style>")))));
        assert!(policy.contains(&format!("script-src {};", hash(between(&page, "<script>", "</script>")))));
        assert_eq!((page.matches("<style").count(), page.matches("<script>").count()), (1, 1));
        for word in [" style=", " src=", "@import", "url(", " onclick", "innerHTML", "eval("] {
            assert!(!page.contains(word), "{word}");
        }
    }
}

/// Names are there where they were asked for; passwords nowhere; a name that is markup only as data.
#[test]
fn it_tells_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, named) = (page(folder.path(), &[]), page(folder.path(), &["--show-accounts"]));
    assert!(!plain.contains("jane@example.com") && named.contains("jane@example.com"));
    for page in [plain, named] {
        assert!(!page.contains("Tr0ub4dor"));
        assert!(page.contains("access&lt;b&gt;.log") && !page.contains("<b>.log") && !page.contains("</script><b>"));
        assert!(page.ends_with("</html>\n"));
    }
}
