//! The words of the report as types: every enumeration that other programs read.
//!
//! Names follow the standards that the report borrows from (RFC 9493, OpenID RISC, ECS, SARIF). In JSON each is written
//! in lower snake case. The enumerations are open: a consumer treats an unknown value as "review".

use serde::{Deserialize, Serialize};

/// Declares enumerations whose JSON names are their variants in snake case, with `ALL` and `name()`.
macro_rules! terms {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, in the order of the enumeration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The name that the report writes.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }
    )+};
}

terms! {
    /// Which of the two reasons a customer is told.
    Mode {
        /// At rest: a dump, a table, preferences, configuration, history, a hash store, a debug print.
        Stored = "stored",
        /// On its way: a URL, a header, a body, a mail or file protocol, a login query.
        Transmitted = "transmitted",
    }

    /// What carried the password into the log.
    Channel {
        /// Query string of a URL (CWE-598).
        UrlQuery = "url_query",
        /// `scheme://user:password@host`.
        UrlUserinfo = "url_userinfo",
        /// A form body.
        FormBody = "form_body",
        /// A JSON body.
        JsonBody = "json_body",
        /// An XML or SOAP body.
        XmlBody = "xml_body",
        /// A header, such as `Authorization: Basic`.
        Header = "header",
        /// A login dialogue: IMAP, FTP, SMTP AUTH, RADIUS, LDAP …
        AuthProtocol = "auth_protocol",
        /// A mail to the customer.
        Mail = "mail",
        /// A query that logs somebody in.
        SqlLogin = "sql_login",
        /// Arguments of a program.
        CommandLine = "command_line",
        /// Configuration.
        Config = "config",
        /// A dump of objects, memory or a database.
        Dump = "dump",
        /// Rows of a table.
        Table = "table",
        /// Preferences that a client keeps.
        Preferences = "preferences",
        /// A history of commands.
        History = "history",
        /// A debug print.
        DebugPrint = "debug_print",
        /// A statement that creates or changes an account.
        SqlDdl = "sql_ddl",
        /// A store of hashes.
        HashStore = "hash_store",
        /// A sentence.
        Prose = "prose",
    }

    /// How well the password was protected where it was found.
    Protection {
        /// In clear; escapes of the syntax are no protection.
        Plaintext = "plaintext",
        /// A transformation that somebody chose and anybody undoes: base64, hex, character codes.
        Encoded = "encoded",
        /// Encrypted under a key that is public: GPP `cpassword`, Cisco 7, WebSphere `{xor}`.
        Reversible = "reversible",
        /// A hash that is fast to guess against.
        WeakHash = "weak_hash",
    }

    /// The account secrets that one reset treats together.
    CredentialType {
        /// A password.
        Password = "password",
        /// A PIN or passcode.
        Pin = "pin",
        /// The answer to a security question.
        SecurityAnswer = "security_answer",
        /// The seed of one-time passwords.
        OtpSeed = "otp_seed",
        /// A recovery code.
        RecoveryCode = "recovery_code",
    }

    /// One layer that was peeled off to read the value.
    Layer {
        /// `%40`.
        Percent = "percent",
        /// Backslash escapes of a string inside a string.
        Json = "json",
        /// `&quot;`.
        Html = "html",
        /// Quotes doubled inside quotes, as CSV and SQL do.
        DoubledQuotes = "doubled_quotes",
        /// Colours of a terminal.
        Ansi = "ansi",
        /// `=3D`.
        QuotedPrintable = "quoted_printable",
        /// Base64 in either alphabet.
        Base64 = "base64",
        /// Hexadecimal digits.
        Hex = "hex",
        /// Gzip.
        Gzip = "gzip",
        /// UTF-16.
        Utf16 = "utf16",
        /// Decimal character codes.
        CharCodes = "char_codes",
        /// ROT13.
        Rot13 = "rot13",
    }

    /// Who wrote the log.
    Side {
        /// A program on the customer's device.
        Client = "client",
        /// A service.
        Server = "server",
        /// The log does not tell.
        Unknown = "unknown",
    }

    /// What the authenticator said of this credential (ECS `event.outcome`).
    Outcome {
        /// Accepted, or set.
        Success = "success",
        /// Rejected.
        Failure = "failure",
        /// The log does not tell.
        Unknown = "unknown",
    }

    /// Where a time comes from.
    TimeBasis {
        /// Written in the record.
        LogTimestamp = "log_timestamp",
        /// Written without a year.
        YearInferred = "year_inferred",
        /// Written without a zone.
        ZoneAssumed = "zone_assumed",
        /// The file's modification time.
        FileMtime = "file_mtime",
        /// Unknown.
        None = "none",
    }

    /// How the account was found.
    Attribution {
        /// In the same record.
        SameRecord = "same_record",
        /// In the same multi-line record, dialogue or table row.
        SameBlock = "same_block",
        /// By a request id, session, thread, pid or connection.
        Correlated = "correlated",
        /// By the list of known accounts.
        KnownAccount = "known_account",
        /// The password was typed as a user name.
        TypedAsUsername = "typed_as_username",
    }

    /// What shows that the password is the account's.
    Evidence {
        /// Typed by whoever sent the request.
        Claimed = "claimed",
        /// The log shows that this credential was accepted or set.
        Authenticated = "authenticated",
        /// The system wrote it from its own state.
        Stored = "stored",
    }

    /// How bad it is.
    Severity {
        /// Hardly usable.
        Low = "low",
        /// Usable with effort.
        Medium = "medium",
        /// Usable.
        High = "high",
        /// Used.
        Critical = "critical",
    }

    /// How sure the scanner is.
    Confidence {
        /// A person must look.
        Low = "low",
        /// Likely.
        Medium = "medium",
        /// Certain enough to act on.
        High = "high",
    }

    /// Whether a person or a program owns the account.
    AccountType {
        /// A person.
        User = "user",
        /// A program.
        Service = "service",
        /// Not known.
        Unknown = "unknown",
    }

    /// The field of an account that names it, best first.
    IdentityKind {
        /// An e-mail address.
        Email = "email",
        /// A phone number in E.164.
        PhoneNumber = "phone_number",
        /// An LDAP distinguished name.
        Dn = "dn",
        /// A user name.
        Username = "username",
        /// A number or opaque id.
        UserId = "user_id",
    }

    /// What to do with an account.
    Action {
        /// Reset its password.
        ForceReset = "force_reset",
        /// Let a person decide.
        Review = "review",
    }

    /// What speaks against a reset without a person looking.
    ActionReason {
        /// The authenticator rejected every exposed password.
        LoginFailed = "login_failed",
        /// Several accounts fit.
        AmbiguousAccount = "ambiguous_account",
        /// The identity is not among the known accounts.
        NotOurs = "not_ours",
        /// The password was changed after every exposure that was not rejected.
        Superseded = "superseded",
        /// A program's account.
        ServiceAccount = "service_account",
        /// The scanner is not sure.
        LowConfidence = "low_confidence",
        /// Nothing shows that the password was right.
        UnauthenticatedClaim = "unauthenticated_claim",
        /// One client tried many accounts, mostly rejected.
        SuspectedStuffing = "suspected_stuffing",
        /// A hash whose kind or salt is not known.
        WeakHashOfUnknown = "weak_hash_of_unknown",
    }

    /// Why a value under a password key is no exposure.
    Dismissal {
        /// A mask, such as `****` or `[FILTERED]`.
        Masked = "masked",
        /// A placeholder, such as `<password>`.
        Placeholder = "placeholder",
        /// A template or variable reference, such as `${DB_PASSWORD}`.
        Reference = "reference",
        /// Nothing between the quotes, or null.
        Empty = "empty",
        /// A type, flag, number of a policy, or other metadata.
        NotAValue = "not_a_value",
        /// Words of a sentence.
        Prose = "prose",
        /// A hash with a work factor: properly stored.
        StrongHash = "strong_hash",
        /// A hash too short to guess against.
        TruncatedHash = "truncated_hash",
        /// A challenge response, not the password.
        Proof = "proof",
        /// Encrypted.
        Encrypted = "encrypted",
        /// Bytes that no person types.
        Binary = "binary",
        /// Logged before or after the time that was asked for.
        OutsidePeriod = "outside_period",
    }

    /// What leaves an exposure out of the lists.
    SuppressedBy {
        /// An earlier report has it.
        Baseline = "baseline",
        /// The password was reset after it was logged.
        Reset = "reset",
        /// Somebody said so, with a reason and for a time.
        Suppression = "suppression",
    }

    /// Why a part of the input was not scanned.
    SkipReason {
        /// Needs a password.
        Encrypted = "encrypted",
        /// Larger than the limit.
        TooLarge = "too_large",
        /// Nested deeper than the limit.
        DepthLimit = "depth_limit",
        /// Unpacks to more than the limit.
        BombLimit = "bomb_limit",
        /// A format that is not read.
        Unsupported = "unsupported",
        /// Damaged.
        DecodeError = "decode_error",
        /// The system could not read it.
        IoError = "io_error",
        /// Not allowed to read it.
        PermissionDenied = "permission_denied",
        /// Does not exist.
        NotFound = "not_found",
        /// Changed while it was read.
        ChangedDuringScan = "changed_during_scan",
        /// The budget of work was used up.
        Budget = "budget",
        /// The scan was interrupted.
        Interrupted = "interrupted",
        /// A fault of this program.
        InternalError = "internal_error",
    }
}

impl Channel {
    /// The reason that a customer is told for what this channel carried.
    pub const fn mode(self) -> Mode {
        match self {
            Self::UrlQuery
            | Self::UrlUserinfo
            | Self::FormBody
            | Self::JsonBody
            | Self::XmlBody
            | Self::Header
            | Self::AuthProtocol
            | Self::Mail
            | Self::SqlLogin => Mode::Transmitted,
            Self::CommandLine
            | Self::Config
            | Self::Dump
            | Self::Table
            | Self::Preferences
            | Self::History
            | Self::DebugPrint
            | Self::SqlDdl
            | Self::HashStore
            | Self::Prose => Mode::Stored,
        }
    }

    /// Whether the system wrote it from its own state, so that no client's claim can be in it.
    pub const fn is_own_state(self) -> bool {
        matches!(
            self,
            Self::CommandLine
                | Self::Config
                | Self::Dump
                | Self::Table
                | Self::Preferences
                | Self::History
                | Self::SqlDdl
                | Self::HashStore
        )
    }
}
