//! The documents say what the program has: no option, no part of a rule and no file is left out or out of date.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn every_option_of_a_scan_is_explained() {
    let help = Command::new(env!("CARGO_BIN_EXE_logleak")).args(["scan", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let options: BTreeSet<&str> = help
        .lines()
        .filter(|line| line.trim_start().starts_with('-'))
        .flat_map(|line| line.split([' ', ',', '=', '[']))
        .filter(|word| word.starts_with("--") && *word != "--help")
        .collect();
    assert!(options.len() > 20, "options read from the help: {options:?}");
    let documents: String = documents().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let silent: Vec<_> = options.iter().filter(|option| !documents.contains(&format!("`{option}"))).collect();
    assert!(silent.is_empty(), "neither README.md nor docs/ explains {silent:?}");
}

#[test]
fn every_part_of_a_rule_is_explained() {
    let syntax = read("src/rule/syntax.rs");
    let guide = read("docs/rules.md");
    let parts = ["pub(super) struct WrittenRule", "pub enum Syntax", "pub enum Dialogue", "pub enum Decode"];
    let names: Vec<String> = parts.iter().flat_map(|head| members(&syntax, head)).collect();
    assert!(names.len() > 50, "names read from the source: {names:?}");
    let silent: Vec<_> = names
        .iter()
        .filter(|name| {
            ![format!("`{name}`"), format!("`{name} "), format!("rule.{name}]")].iter().any(|t| guide.contains(t))
        })
        .collect();
    assert!(silent.is_empty(), "docs/rules.md does not explain {silent:?}");
}

#[test]
fn the_first_rule_of_the_guide_keeps_its_promises() {
    let guide = read("docs/rules.md");
    let (_, rest) = guide.split_once("```toml\n").unwrap();
    let (rule, _) = rest.split_once("```").unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    fs::write(folder.path().join("till.toml"), rule).unwrap();
    let check =
        Command::new(env!("CARGO_BIN_EXE_logleak")).args(["rules", "check"]).arg(folder.path()).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let elsewhere = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !elsewhere && !document.parent().unwrap().join(target).exists() {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// What strangers read: the Markdown files of the top folder and of docs/.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all: Vec<PathBuf> = [root.to_owned(), root.join("docs"), root.join("benches")]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    all.sort();
    assert!(all.len() > 5, "{all:?}");
    all
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The fields or variants of a type in snake case, as a rule file writes them.
fn members(source: &str, head: &str) -> Vec<String> {
    let (_, rest) = source.split_once(head).unwrap();
    let (body, _) = rest.split_once("\n}").unwrap();
    body.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['/', '#', '{']) && line.ends_with(','))
        .map(|line| line.trim_start_matches("pub ").split([':', ',']).next().unwrap_or_default())
        .map(snake_case)
        .collect()
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
