//! What is scanned, through the program: folders and lists, what is left out and counted, times, files of any content.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::TempDir;

fn leak(user: &str) -> String {
    format!("2026-11-03T10:11:12Z GET /login?email={user}@example.com&pwd=Tr0ub4dor HTTP/1.1\n")
}

/// A folder with a leak of `jane` in `a.log`, of `otto` in `b/otto.txt` and so on.
fn logs(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, user) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, leak(user)).unwrap();
    }
    folder
}

fn run(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logleak"));
    command.current_dir(folder).args(["scan", "-q"]).args(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that reads no input closes it, which is no fault.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[track_caller]
fn report(folder: &Path, args: &[&str], input: &[u8]) -> Value {
    let output = run(folder, args, input);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{args:?}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The user parts of the accounts that a report names, sorted, and how many files were left out.
#[track_caller]
fn found(folder: &Path, args: &[&str]) -> (String, u64) {
    let report = report(folder, args, b"");
    assert_eq!(report["skipped"], Value::Array(vec![]), "{args:?}");
    (users(&report), report["summary"]["files_excluded"].as_u64().unwrap())
}

fn users(report: &Value) -> String {
    let accounts = report["accounts"].as_array().unwrap().iter();
    let mut users: Vec<&str> =
        accounts.map(|one| one["account"].as_str().unwrap().split('@').next().unwrap()).collect();
    users.sort_unstable();
    users.join(" ")
}

fn uris(report: &Value) -> Vec<String> {
    let exposures = report["accounts"].as_array().unwrap().iter().flat_map(|one| one["exposures"].as_array().unwrap());
    let mut uris: Vec<String> = exposures.map(|one| one["location"]["uri"].as_str().unwrap().to_owned()).collect();
    uris.sort_unstable();
    uris
}

/// What is left out is exactly what was asked for, and is counted.
#[test]
fn globs_and_depth_choose_files() {
    let logs = logs(&[
        ("a.log", "anna"),
        ("b/b.log", "bert"),
        ("b/b.txt", "cleo"),
        ("b/c/d.log", "dora"),
        (".hidden/e.log", "emil"),
    ]);
    let table: &[(&[&str], &str, u64)] = &[
        (&["."], "anna bert cleo dora emil", 0),
        (&[".", "--include", "*.txt"], "cleo", 4),
        (&[".", "--include", "*.txt", "--include", "c"], "cleo dora", 3),
        (&[".", "--exclude", "*.log"], "cleo", 4),
        (&[".", "--exclude", "b"], "anna emil", 1),
        (&[".", "--exclude", "b/*.log"], "anna cleo dora emil", 1),
        (&[".", "--exclude", "b/**"], "anna emil", 3),
        (&[".", "--include", "*.log", "--exclude", "c/"], "anna bert emil", 2),
        (&[".", "--max-depth", "1"], "anna", 2),
        (&[".", "--max-depth", "2"], "anna bert cleo emil", 1),
        (&["b", "--max-depth", "1"], "bert cleo", 1),
        (&["a.log", "b/b.log", "--max-depth", "0"], "anna bert", 0),
        (&["a.log", "b/b.log", "--exclude", "a*"], "bert", 1),
        (&["b", "b/b.log", "--exclude", "b.log"], "cleo dora", 2),
    ];
    for (args, users, excluded) in table {
        assert_eq!(found(logs.path(), args), ((*users).to_owned(), *excluded), "{args:?}");
    }
}

/// A mistake in an option is told before hours are spent, with the option's name.
#[test]
fn mistakes_are_told() {
    let logs = logs(&[("a.log", "anna")]);
    for (args, words) in [
        (&[".", "--exclude", "[a"][..], &["--exclude", "[a", "unclosed"][..]),
        (&[".", "--include", "{a,b"], &["--include", "{a,b"]),
        (&[".", "--since", "lately"], &["--since", "lately", "7d"]),
        (&[".", "--until", "2026-13-01"], &["--until", "2026-13-01"]),
        (&[".", "--newer-than", "a.log"], &["--newer-than", "a.log"]),
        (&[".", "--since", "2026-11-04", "--until", "2026-11-03"], &["--since", "--until"]),
        (&["--files-from", "none"], &["--files-from", "none"]),
        (&["-", "--files-from", "-"], &["--files-from", "standard input"]),
        (&[".", "-0"], &["--list-files"]),
        (&[".", "--exclude", "*"], &["no file to scan", "left out"]),
    ] {
        let output = run(logs.path(), args, b"");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(words.iter().all(|word| said.contains(word)), "{args:?}: {said}");
    }
}

/// Links are followed when asked, each file under one name, and none leads round in circles.
#[cfg(unix)]
#[test]
fn links_are_followed_once_when_asked() {
    use std::os::unix::fs::symlink;
    let outside = logs(&[("x/xaver.log", "xaver"), ("y.log", "yann")]);
    let logs = logs(&[("a/a.log", "anna")]);
    let root = logs.path();
    symlink(outside.path().join("x"), root.join("a/x1")).unwrap();
    symlink(outside.path().join("x"), root.join("x2")).unwrap();
    symlink(outside.path().join("y.log"), root.join("y1.log")).unwrap();
    symlink(outside.path().join("y.log"), root.join("y2.log")).unwrap();
    symlink(root, root.join("a/loop")).unwrap();
    assert_eq!(found(root, &["."]), ("anna".to_owned(), 5));

    let followed = report(root, &[".", "--follow"], b"");
    assert_eq!(users(&followed), "anna xaver yann");
    assert_eq!(uris(&followed), ["./a/a.log", "./a/x1/xaver.log", "./y1.log"]);
    // The loop, the second way into the folder, the second name of the file.
    assert_eq!((&followed["summary"]["files_excluded"], &followed["skipped"]), (&3.into(), &Value::Array(vec![])));

    // A folder whose files are too deep by one way is entered by the other.
    fs::create_dir(root.join("a/a2")).unwrap();
    fs::rename(root.join("a/x1"), root.join("a/a2/x1")).unwrap();
    assert_eq!(found(root, &[".", "--follow", "--max-depth", "2"]).0, "anna xaver yann");

    symlink("nowhere", root.join("dangling")).unwrap();
    let dangling = report(root, &[".", "--follow"], b"");
    assert_eq!(dangling["skipped"][0]["reason"], "not_found");
    assert_eq!(dangling["skipped"][0]["uri"], "./dangling");
}

/// Links that lead to one folder in more ways than can be counted cost no more than the folders.
#[cfg(unix)]
#[test]
fn folders_are_entered_once_by_way_of_links() {
    use std::os::unix::fs::symlink;
    let logs = logs(&[("d40/leaf.log", "anna")]);
    for depth in 0..40 {
        let folder = logs.path().join(format!("d{depth}"));
        fs::create_dir(&folder).unwrap();
        for name in ["left", "right"] {
            symlink(format!("../d{}", depth + 1), folder.join(name)).unwrap();
        }
    }
    assert_eq!(found(logs.path(), &["d0", "--follow"]), ("anna".to_owned(), 40));
    assert_eq!(found(logs.path(), &["d0", "--follow", "--max-depth", "60"]), ("anna".to_owned(), 40));
}

/// Pipes, devices and sockets in a folder are neither waited for nor opened.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn special_files_are_counted() {
    use rustix::fs::{CWD, FileType, Mode, mkfifoat, mknodat};
    let logs = logs(&[("a.log", "anna")]);
    let root = logs.path();
    mkfifoat(CWD, root.join("pipe"), Mode::from_raw_mode(0o600)).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    // Only root may make a device.
    let device = mknodat(CWD, root.join("null"), FileType::CharacterDevice, Mode::from_raw_mode(0o600), 0x103).is_ok();
    assert_eq!(found(root, &["."]), ("anna".to_owned(), 2 + u64::from(device)));
    assert_eq!(found(root, &[".", "--follow"]), ("anna".to_owned(), 2 + u64::from(device)));
}

/// A name of any bytes is told apart from every other, and the report is JSON all the same.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn names_that_are_no_text_are_kept() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let logs = logs(&[("plain.log", "anna")]);
    let root = logs.path();
    for (name, user) in [(&b"\xff.log"[..], "bert"), (b"%FF.log", "cleo"), (b"100%.log", "dora"), (b"a\nb.log", "emil")]
    {
        fs::write(root.join(OsStr::from_bytes(name)), leak(user)).unwrap();
    }
    let all = report(root, &[".", "--source", "web-1"], b"");
    let expected =
        ["web-1:./%25FF.log", "web-1:./%FF.log", "web-1:./100%.log", "web-1:./a\nb.log", "web-1:./plain.log"];
    assert_eq!(uris(&all), expected);
    // The list of a program that ends names with NUL goes back in as it came out.
    let listed = run(root, &[".", "--list-files", "-0"], b"").stdout;
    let names: Vec<u8> = listed
        .split_inclusive(|&byte| byte == 0)
        .flat_map(|entry| entry.splitn(3, |&byte| byte == b'\t').nth(2).unwrap().to_vec())
        .collect();
    let again = report(root, &["--files-from", "-", "--source", "web-1"], &names);
    assert_eq!(uris(&again), expected);
    assert_eq!(again["scan"]["inputs"], serde_json::json!(["--files-from -"]));
}

/// Lists come from other programs; what they name and is not there is told.
#[test]
fn files_come_from_lists() {
    let logs = logs(&[("a.log", "anna"), ("b c/b.log", "bert"), ("d.log", "dora")]);
    fs::write(logs.path().join("list"), "a.log\nb c\n\nnone.log\n").unwrap();
    let listed = report(logs.path(), &["d.log", "--files-from", "list"], b"");
    assert_eq!(users(&listed), "anna bert dora");
    assert_eq!(listed["skipped"][0]["uri"], "none.log");
    assert_eq!(users(&report(logs.path(), &["--files-from", "-"], b"a.log\0b c/b.log")), "anna bert");
    assert_eq!(users(&report(logs.path(), &["--files-from", "-", "--exclude", "b.log"], b"a.log\nb c")), "anna");
    let nothing = run(logs.path(), &["--files-from", "-"], b"");
    assert_eq!(nothing.status.code(), Some(2), "an empty list is a mistake of whoever made it");
}

/// The list is what a scan would read, no more and no less.
#[test]
fn files_are_listed_without_a_scan() {
    let logs = logs(&[("a.log", "anna"), ("b/b.log", "bert"), ("b/c.txt", "cleo")]);
    let output = run(logs.path(), &[".", "--list-files", "--exclude", "*.txt"], b"");
    let size = leak("anna").len();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("{size}\tplain\t./a.log\n{size}\tplain\t./b/b.log\n")
    );
    let output = run(logs.path(), &["a.log", "none", "-", "--stdin-name", "mail", "--list-files"], b"");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("0\tstdin\tmail\n{size}\tplain\ta.log\n"));
    assert!(String::from_utf8(output.stderr).unwrap().contains("none: not_found"));
}

/// What is mounted inside a folder, or lies behind a link on another device, can be left out.
#[cfg(target_os = "linux")]
#[test]
fn other_file_systems_are_left_out_when_asked() {
    let logs = logs(&[("a.log", "anna"), ("b/b.log", "bert")]);
    std::os::unix::fs::symlink("/proc/sys/kernel/random", logs.path().join("b/elsewhere")).unwrap();
    std::os::unix::fs::symlink("/proc/sys/kernel/ostype", logs.path().join("ostype")).unwrap();
    let listed = |more: &[&str]| {
        let output = run(logs.path(), &[&[".", "--list-files", "--follow"], more].concat(), b"");
        let names = String::from_utf8(output.stdout).unwrap();
        names.lines().map(|line| line.rsplit('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = listed(&[]);
    assert!(all.contains(&"./b/elsewhere/boot_id".to_owned()) && all.contains(&"./ostype".to_owned()), "{all:?}");
    assert_eq!(listed(&["--one-file-system"]), ["./a.log", "./b/b.log"]);
    // A file and a folder that is not entered.
    let report = report(logs.path(), &[".", "--follow", "--one-file-system"], b"");
    assert_eq!((users(&report), &report["summary"]["files_excluded"]), ("anna bert".to_owned(), &2.into()));
}

/// Standard input can have a name, which also tells a year where the log does not.
#[test]
fn standard_input_has_a_name() {
    let input = "Nov  3 10:11:12 web login: email=anna@example.com password=Tr0ub4dor\n";
    let named = report(Path::new("."), &["-", "--stdin-name", "mail-2019.log", "--source", "mx"], input.as_bytes());
    assert_eq!(uris(&named), ["mx:mail-2019.log"]);
    assert_eq!(named["accounts"][0]["first_seen"], "2019-11-03T10:11:12Z");
    assert_eq!(uris(&report(Path::new("."), &["-"], input.as_bytes())), ["-"]);
}

/// Records of another time are left out and counted; those without a time are kept. Lines, rows and UTF-16 alike.
#[test]
fn the_time_of_records_chooses() {
    let folder = tempfile::tempdir().unwrap();
    let line = |day: &str, user: &str| format!("{day} GET /login?email={user}@example.com&pwd=Tr0ub4dor HTTP/1.1\n");
    let text = [
        line("2026-11-01T23:59:59Z", "anna"),
        line("2026-11-02T00:00:00Z", "bert"),
        line("2026-11-03T12:00:00Z", "cleo"),
    ];
    fs::write(folder.path().join("a.log"), text.concat()).unwrap();
    fs::write(folder.path().join("none.log"), line("-", "nora")).unwrap();
    fs::write(
        folder.path().join("rows.csv"),
        "time,email,password\n2026-11-01T00:00:00Z,rita@example.com,Tr0ub4dor\n2026-11-02T00:00:00Z,rolf@example.com,Tr0ub4dor\n",
    )
    .unwrap();
    let wide = line("2026-11-01T00:00:00Z", "wanda") + &line("2026-11-02T00:00:00Z", "wim");
    fs::write(folder.path().join("wide.log"), wide.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
        .unwrap();
    for (args, expected, outside) in [
        (&[][..], "anna bert cleo nora rita rolf wanda wim", 0),
        (&["--since", "2026-11-02"], "bert cleo nora rolf wim", 3),
        (&["--until", "2026-11-01"], "anna nora rita wanda", 4),
        (&["--since", "2026-11-02", "--until", "2026-11-02"], "bert nora rolf wim", 4),
        (&["--since", "2026-11-02T00:00:01Z", "--until", "03/Nov/2026:12:00:00 +0000"], "cleo nora", 6),
        (&["--since", "2026-11-02", "--timezone", "+01:00"], "anna bert cleo nora rolf wim", 2),
        (&["--until", "2026-10-31"], "nora", 7),
    ] {
        let report = report(folder.path(), &[&["."], args].concat(), b"");
        assert_eq!(users(&report), expected, "{args:?}");
        assert_eq!(report["summary"]["dismissed"]["outside_period"].as_u64().unwrap_or(0), outside, "{args:?}");
        assert_eq!(report["summary"]["exposures"], 8 - outside);
    }
}

/// Files that were not written to since the last run need not be read again.
#[test]
fn the_time_of_files_chooses() {
    let logs = logs(&[("new.log", "anna"), ("old.log", "otto")]);
    let old = fs::OpenOptions::new().write(true).open(logs.path().join("old.log")).unwrap();
    old.set_modified(SystemTime::now() - Duration::from_secs(10 * 86_400)).unwrap();
    assert_eq!(found(logs.path(), &["."]), ("anna otto".to_owned(), 0));
    assert_eq!(found(logs.path(), &[".", "--newer-than", "7d"]), ("anna".to_owned(), 1));
    assert_eq!(found(logs.path(), &["old.log", "new.log", "--newer-than", "7d"]), ("anna".to_owned(), 1));
    assert_eq!(found(logs.path(), &[".", "--newer-than", "11d"]), ("anna otto".to_owned(), 0));
}

/// Files of the kernel claim any size, cannot be mapped and may not be waited for. What they say is scanned.
#[cfg(target_os = "linux")]
#[test]
fn files_of_the_kernel_are_read() {
    for io in ["auto", "map", "read"] {
        // A container may have no /sys.
        let paths = ["/proc/version", "/proc/self/status", "/sys/devices/system/cpu"];
        for path in paths.into_iter().filter(|path| Path::new(path).exists()) {
            let report = report(Path::new("/"), &[path, "--io", io, "--max-depth", "1"], b"");
            assert_eq!(report["scan"]["status"], "complete", "{path} {io}");
            assert!(report["summary"]["bytes_scanned"].as_u64() > Some(0), "{path} {io}");
        }
    }
}

/// A file of which only its ends were ever written is scanned at once, and counts whole.
#[cfg(target_os = "linux")]
#[test]
fn sparse_files_are_scanned() {
    use std::os::unix::fs::FileExt;
    let logs = logs(&[("a.log", "anna")]);
    let file = fs::OpenOptions::new().write(true).open(logs.path().join("a.log")).unwrap();
    let (end, line) = (1 << 43, format!("\n{}", leak("otto")));
    file.write_all_at(line.as_bytes(), end).unwrap();
    let report = report(logs.path(), &["."], b"");
    assert_eq!((users(&report), report["scan"]["status"].as_str()), ("anna otto".to_owned(), Some("complete")));
    assert_eq!(report["summary"]["bytes_scanned"], end + line.len() as u64);
    let otto = &report["accounts"][1]["exposures"][0]["location"];
    assert_eq!((&otto["line"], otto["byte_offset"].as_u64() > Some(end)), (&3.into(), true));
}
