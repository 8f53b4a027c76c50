//! The story runs one way. These tests read the sources: what a module may import, where `unsafe` may stand, who may
//! look at a secret, and that the command line stays outside the library.
//!
//! The tables come first; a change to one of them is a change to ARCHITECTURE.md. The reading of Rust is in
//! `tests/layering/rust.rs`.

#[path = "layering/rust.rs"]
mod rust;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rust::Source;

/// The modules of the library in story order, and what each is there for. A module may import from itself and from
/// those before it, except where `SIDE_BY_SIDE` says that two of them do not know each other.
const STORY: &[(&str, &str)] = &[
    ("terms", "the words of the report; everybody speaks them"),
    ("limits", "the bounds of what one judgement may look at"),
    ("error", "what can go wrong; holds no log bytes"),
    ("secret", "a password that cannot be printed"),
    ("rule", "what may match; rules are data"),
    ("input", "paths become sources, sources become windows of text"),
    ("prefilter", "windows become hits; almost every byte ends here"),
    ("record", "hits become records and their fields"),
    ("extract", "records and rules become candidates"),
    ("classify", "secrets become verdicts"),
    ("account", "candidates become accounts"),
    ("exposure", "one password of one account; owns everything, borrows nothing"),
    ("identity", "ids that stay the same from scan to scan"),
    ("tally", "exposures add up, in any order"),
    ("closed", "exposures that need nothing more"),
    ("locations", "every place that a secret was found in, for whoever purges"),
    ("scanner", "wires the stages together"),
    ("remedy", "how the statements that leak are mended; remedies are data"),
    ("report", "tallies become bytes"),
    ("check", "runs every example and counterexample through the scanner"),
];

/// Imports that the order would allow and the design does not: (module, what it must not know, why).
const SIDE_BY_SIDE: &[(&str, &str, &str)] = &[
    ("error", "terms", "an error speaks to the person who set the scan up; what a scan met is data in the report"),
    ("input", "secret", "input knows limits, never content"),
    ("input", "rule", "input knows limits, never content"),
    ("report", "record", "a report is a projection of a tally; no format may reach for the log again"),
    ("report", "extract", "the same"),
];

/// The only files that may say `unsafe`.
const UNSAFE: &[(&str, &str)] = &[
    ("input/fault.rs", "answers the signal of a mapped file that others cut off"),
    ("input/map.rs", "a memory map of a file that others may change"),
    ("prefilter/avx512.rs", "vector instructions, behind a check that the machine has them"),
    ("prefilter/avx2.rs", "vector instructions, behind a check that the machine has them"),
];

/// The only places that may call `Secret::expose`: files, and folders with everything in them.
const EXPOSE: &[(&str, &str)] = &[
    ("secret.rs", "makes keyed fingerprints"),
    ("classify/", "judges it"),
    ("account/", "tells an account from a password typed as one"),
    ("extract/", "cuts it out of what is shown, and knows equal ones of one record"),
    ("scanner/", "the same, for a whole record"),
];

#[test]
fn no_module_imports_from_a_later_stage() {
    let mut faults = Vec::new();
    for source in library() {
        let Some(module) = source.module.first() else { continue }; // lib.rs tells the whole story
        let own = rank(module);
        for target in source.imports() {
            let Some(theirs) = rank(&target) else {
                faults.push(format!("{source}: `crate::{target}` is no module of the story; name the module itself"));
                continue;
            };
            if Some(theirs) > own {
                faults.push(format!("{source}: `{module}` imports `{target}`, which comes after it"));
            }
            if let Some((_, _, why)) = SIDE_BY_SIDE.iter().find(|(from, to, _)| from == module && *to == target) {
                faults.push(format!("{source}: `{module}` must not know `{target}`: {why}"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn lib_rs_tells_the_modules_in_story_order() {
    let lib = Source::read(&root(), Path::new("lib.rs"));
    let story: Vec<&str> = STORY.iter().map(|(module, _)| *module).collect();
    assert_eq!(lib.declared_modules(), story, "lib.rs (left) and the table of this test (right)");
}

#[test]
fn the_command_line_is_outside_the_library() {
    let main = Source::read(&root(), Path::new("main.rs"));
    assert_eq!(main.declared_modules(), ["cli"], "main.rs takes everything else from the library");
    for source in sources().iter().filter(|source| source.is_command_line()) {
        let imports = source.imports();
        assert!(imports.iter().all(|target| target == "cli"), "{source} imports {imports:?} past the public library");
        assert!(!source.says(&["#", "[", "path"]), "{source} takes a file of the library for its own");
    }
}

#[test]
fn unsafe_stands_only_where_it_must() {
    let saying = files_that_say(&["unsafe"]);
    let allowed: BTreeSet<String> = UNSAFE.iter().map(|(file, _)| (*file).to_owned()).collect();
    // Equal, not less: a permission that nobody uses any more is taken back.
    assert_eq!(saying, allowed, "files that say `unsafe` (left) and those that may (right)");
}

#[test]
fn secrets_are_looked_at_only_where_they_are_judged_or_cut_out() {
    let strangers: Vec<String> = files_that_say(&[".", "expose", "("])
        .into_iter()
        .filter(|file| {
            !EXPOSE.iter().any(|(place, _)| file == place || place.ends_with('/') && file.starts_with(place))
        })
        .collect();
    assert!(strangers.is_empty(), "{strangers:?} call Secret::expose; ask `classify` for a verdict instead");
}

#[test]
fn every_file_says_what_it_is_for() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "{source} does not begin with `//!`");
    }
}

fn rank(module: &str) -> Option<usize> {
    STORY.iter().position(|(name, _)| *name == module)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file under `src/`, in the order of their paths.
fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = root();
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    assert!(found.len() > STORY.len(), "only {} files found under {}", found.len(), root.display());
    found.iter().map(|path| Source::read(&root, path.strip_prefix(&root).unwrap())).collect()
}

fn library() -> Vec<Source> {
    sources().into_iter().filter(|source| !source.is_command_line()).collect()
}

fn files_that_say(tokens: &[&str]) -> BTreeSet<String> {
    sources().into_iter().filter(|source| source.says(tokens)).map(|source| source.to_string()).collect()
}
