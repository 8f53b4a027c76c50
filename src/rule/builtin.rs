//! The rules and words that are built into the program.

/// The words of keys.
pub(super) const VOCABULARY: &str = include_str!("../../rules/vocabulary.toml");

/// How accounts are named without a field.
pub(super) const MENTIONS: &str = include_str!("../../rules/mention.toml");

/// How lines of one conversation are told from those of another.
pub(super) const CONVERSATION: &str = include_str!("../../rules/conversation.toml");

/// Who acted, and on whose password.
pub(super) const ACTORS: &str = include_str!("../../rules/actor.toml");

/// What shows that an account is a program's.
pub(super) const SERVICES: &str = include_str!("../../rules/service.toml");

/// The rule files, one for each place that a password leaks from. A test compares the list with the folder.
pub(super) const FILES: &[(&str, &str)] = &[
    ("account-file.toml", include_str!("../../rules/account-file.toml")),
    ("audit.toml", include_str!("../../rules/audit.toml")),
    ("call.toml", include_str!("../../rules/call.toml")),
    ("command-line.toml", include_str!("../../rules/command-line.toml")),
    ("connection-string.toml", include_str!("../../rules/connection-string.toml")),
    ("dialogue-mail.toml", include_str!("../../rules/dialogue-mail.toml")),
    ("dialogue-network.toml", include_str!("../../rules/dialogue-network.toml")),
    ("dialogue-terminal.toml", include_str!("../../rules/dialogue-terminal.toml")),
    ("dialogue.toml", include_str!("../../rules/dialogue.toml")),
    ("hash-store.toml", include_str!("../../rules/hash-store.toml")),
    ("http-auth.toml", include_str!("../../rules/http-auth.toml")),
    ("key-value.toml", include_str!("../../rules/key-value.toml")),
    ("network-device.toml", include_str!("../../rules/network-device.toml")),
    ("object-dump.toml", include_str!("../../rules/object-dump.toml")),
    ("program-options.toml", include_str!("../../rules/program-options.toml")),
    ("prose.toml", include_str!("../../rules/prose.toml")),
    ("sql-statement.toml", include_str!("../../rules/sql-statement.toml")),
    ("table.toml", include_str!("../../rules/table.toml")),
    ("typed-as-user-name.toml", include_str!("../../rules/typed-as-user-name.toml")),
    ("url-and-form.toml", include_str!("../../rules/url-and-form.toml")),
];
