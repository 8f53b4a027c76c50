//! The rules and words that are built into the program.

/// The words of keys.
pub(super) const VOCABULARY: &str = include_str!("../../rules/vocabulary.toml");

/// How accounts are named without a field.
pub(super) const MENTIONS: &str = include_str!("../../rules/mention.toml");

/// What shows that an account is a program's.
pub(super) const SERVICES: &str = include_str!("../../rules/service.toml");

/// The rule files, one for each place that a password leaks from. A test compares the list with the folder.
pub(super) const FILES: &[(&str, &str)] = &[
    ("command-line.toml", include_str!("../../rules/command-line.toml")),
    ("connection-string.toml", include_str!("../../rules/connection-string.toml")),
    ("dialogue.toml", include_str!("../../rules/dialogue.toml")),
    ("hash-store.toml", include_str!("../../rules/hash-store.toml")),
    ("http-auth.toml", include_str!("../../rules/http-auth.toml")),
    ("key-value.toml", include_str!("../../rules/key-value.toml")),
    ("object-dump.toml", include_str!("../../rules/object-dump.toml")),
    ("prose.toml", include_str!("../../rules/prose.toml")),
    ("sql-statement.toml", include_str!("../../rules/sql-statement.toml")),
    ("url-and-form.toml", include_str!("../../rules/url-and-form.toml")),
];
