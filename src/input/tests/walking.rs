//! What is found, what is left out, and what is named.

use std::fs;

use tempfile::tempdir;

use super::*;

fn names(walked: &Walked, root: &Path) -> Vec<String> {
    let strip = |source: &Source| source.path.strip_prefix(root).unwrap_or(&source.path).display().to_string();
    walked.sources.iter().map(strip).collect()
}

fn named(walked: &Walked) -> Vec<(&str, SkipReason)> {
    walked.skipped.iter().map(|skipped| (skipped.path.as_str(), skipped.reason)).collect()
}

/// The same tree gives the same list, whatever the order of the arguments, with every file once.
#[test]
fn files_are_found_once_and_sorted() {
    let folder = tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("b/c")).unwrap();
    for name in ["b/c/deep.log", "b/2.log", "a.log", "z.log", ".hidden"] {
        fs::write(root.join(name), name).unwrap();
    }
    // Nothing in the input decides what is read.
    fs::write(root.join(".ignore"), "*").unwrap();
    let paths = [root.to_owned(), root.join("b"), root.join("a.log"), root.join("a.log")];
    let mut backward = paths.clone();
    backward.reverse();
    let expected = [".hidden", ".ignore", "a.log", "b/2.log", "b/c/deep.log", "z.log"];
    for paths in [&paths, &backward] {
        let walked = walk(paths);
        assert_eq!(names(&walked, root), expected);
        assert_eq!((walked.excluded, walked.skipped.len()), (0, 0), "the same name twice is no exclusion");
    }
}

/// Each file is scanned under one name, whichever way leads to it.
#[cfg(unix)]
#[test]
fn further_names_of_a_file_are_excluded() {
    let folder = tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("b.log"), "x").unwrap();
    fs::hard_link(root.join("b.log"), root.join("a.log")).unwrap();
    fs::hard_link(root.join("b.log"), root.join("c.log")).unwrap();
    for paths in [vec![root.to_owned()], vec![root.join("c.log"), root.to_owned()]] {
        let walked = walk(&paths);
        assert_eq!((names(&walked, root), walked.excluded), (vec!["a.log".to_owned()], 2));
    }
}

/// Links lead out of the tree, pipes and sockets hang: neither is opened unless it is itself named.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn only_regular_files_are_met() {
    use std::os::unix::fs::symlink;

    let (folder, outside) = (tempdir().unwrap(), tempdir().unwrap());
    let root = folder.path();
    fs::write(outside.path().join("target.log"), "x").unwrap();
    fs::write(root.join("a.log"), "x").unwrap();
    symlink(outside.path().join("target.log"), root.join("link.log")).unwrap();
    symlink(outside.path(), root.join("links")).unwrap();
    symlink(root, root.join("loop")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    super::files::make_pipe(&root.join("pipe"));
    let _listener = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();

    let walked = walk(&[root.to_owned()]);
    assert_eq!((names(&walked, root), walked.excluded), (vec!["a.log".to_owned()], 6));
    assert_eq!(walked.skipped, []);

    let given = ["link.log", "links", "pipe", "dangling", "socket"].map(|name| root.join(name));
    let walked = walk(&given);
    assert_eq!(names(&walked, root), ["link.log", "pipe"], "the directory holds the file of the link once more");
    assert_eq!(walked.sources[1].kind, Kind::Stream);
    assert_eq!(walked.excluded, 1);
    let reasons: Vec<_> = named(&walked).into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(reasons, [SkipReason::NotFound, SkipReason::Unsupported]);

    let walked = walk(&[root.join("links")]);
    assert_eq!((names(&walked, root), walked.excluded), (vec!["links/target.log".to_owned()], 0));
}

/// Thousands of files, in folders that break them off at every place, make the same list on one thread and on several.
#[test]
fn threads_make_no_difference_to_a_walk() {
    let folder = tempdir().unwrap();
    for index in 0..5000 {
        let below = folder.path().join(["a", "a/b", "c", "."][index % 4]);
        fs::create_dir_all(&below).unwrap();
        fs::File::create(below.join(format!("{index}.log"))).unwrap();
    }
    let told = |threads| {
        let walked = super::super::walk(&[folder.path().to_owned()], &Selection::default(), threads);
        let sources: Vec<_> = walked.sources.iter().map(|source| (source.path.clone(), source.identity())).collect();
        (sources, walked.skipped, walked.excluded)
    };
    let one = told(1);
    assert_eq!(one.0.len(), 5000);
    assert_eq!(told(3), one);
}

/// A path that does not exist must not pass for one that is clean.
#[test]
fn a_missing_path_is_named() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("absent");
    let walked = walk(&[path.clone(), path.clone()]);
    assert_eq!(named(&walked), [(path.to_str().unwrap(), SkipReason::NotFound)], "once");
}

/// A directory or a file that may not be read must not pass for an empty one. Root reads everything, so the test gives
/// that right up, for its own thread.
#[cfg(target_os = "linux")]
#[test]
fn what_may_not_be_read_is_named() {
    use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
    use std::os::unix::fs::PermissionsExt;

    let folder = tempdir().unwrap();
    let root = folder.path().to_owned();
    fs::create_dir(root.join("closed")).unwrap();
    fs::write(root.join("closed/in.log"), "x").unwrap();
    fs::write(root.join("closed.log"), "x").unwrap();
    let close = |name: &str, mode| fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).unwrap();
    close("closed", 0);
    close("closed.log", 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut sets = capabilities(None).unwrap();
            sets.effective.remove(CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH);
            set_capabilities(None, sets).unwrap();

            let folder = root.join("closed");
            let expected = [(folder.to_str().unwrap(), SkipReason::PermissionDenied)];
            assert_eq!(named(&walk(std::slice::from_ref(&folder))), expected);
            let walked = walk(std::slice::from_ref(&root));
            assert_eq!(named(&walked), expected);

            assert_eq!(names(&walked, &root), ["closed.log"]);
            let (_, outcome) = read_sources(&walked.sources, &Options::default());
            assert_eq!(reasons(&outcome), [SkipReason::PermissionDenied]);
            assert_eq!(outcome.skipped[0].path, root.join("closed.log").to_str().unwrap());
        });
    });
    close("closed", 0o700);
}
