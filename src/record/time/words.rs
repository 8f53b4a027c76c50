//! The words around times: months, halves of the day, zones, keys. Data only.

/// Names of the months, lower case, without the dot of abbreviations: English, German, French, Spanish.
const MONTHS: [&[&str]; 12] = [
    &["jan", "january", "januar", "jän", "jänner", "janv", "janvier", "ene", "enero"],
    &["feb", "february", "februar", "févr", "fév", "février", "febrero"],
    &["mar", "march", "mär", "mrz", "märz", "mars", "marzo"],
    &["apr", "april", "avr", "avril", "abr", "abril"],
    &["may", "mai", "mayo"],
    &["jun", "june", "juni", "juin", "junio"],
    &["jul", "july", "juli", "juil", "juillet", "julio"],
    &["aug", "august", "août", "ago", "agosto"],
    &["sep", "sept", "september", "septembre", "septiembre"],
    &["oct", "october", "okt", "oktober", "octobre", "octubre"],
    &["nov", "november", "novembre", "noviembre"],
    &["dec", "december", "dez", "dezember", "déc", "décembre", "dic", "diciembre"],
];

/// Days of the week that stand before a date, lower case: English, German, French, Spanish.
#[rustfmt::skip]
const WEEKDAYS: &[&str] = &[
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday",
    "saturday", "sunday", "mo", "di", "mi", "do", "fr", "sa", "so", "lun", "mar", "mer", "jeu", "ven", "sam", "dim",
    "mié", "jue", "vie", "sáb", "dom",
];

/// Zone names with their seconds east of UTC. None: the name stands for several zones (CST: Chicago, Shanghai, Havana;
/// IST: India, Ireland, Israel), so that it is read and counts as missing.
const ZONES: &[(&str, Option<i32>)] = &[
    ("UTC", Some(0)),
    ("GMT", Some(0)),
    ("WET", Some(0)),
    ("WEST", Some(3_600)),
    ("BST", Some(3_600)),
    ("CET", Some(3_600)),
    ("MEZ", Some(3_600)),
    ("CEST", Some(7_200)),
    ("MESZ", Some(7_200)),
    ("EET", Some(7_200)),
    ("EEST", Some(10_800)),
    ("MSK", Some(10_800)),
    ("JST", Some(32_400)),
    ("EST", Some(-18_000)),
    ("EDT", Some(-14_400)),
    ("CDT", Some(-18_000)),
    ("MST", Some(-25_200)),
    ("MDT", Some(-21_600)),
    ("PST", Some(-28_800)),
    ("PDT", Some(-25_200)),
    ("CST", None),
    ("IST", None),
];

/// Halves of the day, lower case, longest first; true after noon.
const HALVES: &[(&str, bool)] = &[
    ("vorm.", false),
    ("nachm.", true),
    ("a. m.", false),
    ("p. m.", true),
    ("a.\u{a0}m.", false),
    ("p.\u{a0}m.", true),
    ("a.m.", false),
    ("p.m.", true),
    ("am", false),
    ("pm", true),
];

/// Keys whose value is the time of the record, in any ASCII case.
const KEYS: &[&str] = &[
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "t",
    "@t",
    "date",
    "datetime",
    "asctime",
    "eventtime",
    "event_time",
    "start_time",
    "time_iso8601",
    "time_local",
    "requestreceivedtimestamp",
    "systemtime",
    "epochsecond",
    "__realtime_timestamp",
    "when",
];

/// Severities that stand before a time (`INFO: 2026-…`), lower case.
const LEVELS: &[&str] = &[
    "trace", "debug", "info", "notice", "warn", "warning", "err", "error", "crit", "critical", "alert", "emerg",
    "fatal", "severe", "verbose", "fine", "finer", "finest",
];

/// Words after which a time is somebody else's: not when the record was written. Lower case.
const NOT_NOW: &[&str] = &[
    "after", "before", "birth", "birthday", "born", "changed", "created", "dob", "due", "expire", "expired", "expires",
    "expiry", "from", "last", "lastmod", "login", "modified", "next", "since", "till", "to", "until", "updated",
    "valid",
];

/// The month that `word` names (letters only, UTF-8, any case of its ASCII letters), from 1.
pub(super) fn month(word: &[u8]) -> Option<u8> {
    if let [a, b, c] = word {
        // What nearly every log writes.
        let number = match [a | 0x20, b | 0x20, c | 0x20] {
            [b'j', b'a', b'n'] => 1,
            [b'f', b'e', b'b'] => 2,
            [b'm', b'a', b'r'] => 3,
            [b'a', b'p', b'r'] => 4,
            [b'm', b'a', b'y'] => 5,
            [b'j', b'u', b'n'] => 6,
            [b'j', b'u', b'l'] => 7,
            [b'a', b'u', b'g'] => 8,
            [b's', b'e', b'p'] => 9,
            [b'o', b'c', b't'] => 10,
            [b'n', b'o', b'v'] => 11,
            [b'd', b'e', b'c'] => 12,
            _ => 0,
        };
        if number > 0 {
            return Some(number);
        }
    }
    (1..).zip(MONTHS).find(|(_, names)| among(word, names)).map(|(number, _)| number)
}

/// Whether `word` names a day of the week.
pub(super) fn is_weekday(word: &[u8]) -> bool {
    among(word, WEEKDAYS)
}

/// What the zone name `word` stands for: none for a word that names no zone, an inner none for an ambiguous name.
pub(super) fn zone(word: &[u8]) -> Option<Option<i32>> {
    ZONES.iter().find(|(name, _)| word == name.as_bytes()).map(|&(_, offset)| offset)
}

/// The half of the day that `text` begins with: whether it is after noon, and the bytes it takes.
pub(super) fn half_of_day(text: &[u8]) -> Option<(bool, usize)> {
    if !matches!(text.first()? | 0x20, b'a' | b'p' | b'v' | b'n') {
        return None;
    }
    let fits = |half: &str| text.get(..half.len()).is_some_and(|head| head.eq_ignore_ascii_case(half.as_bytes()));
    HALVES.iter().find(|(half, _)| fits(half)).map(|&(half, after_noon)| (after_noon, half.len()))
}

/// Whether values of `key` are the record's time.
pub(super) fn is_time_key(key: &[u8]) -> bool {
    among(key, KEYS)
}

/// Whether `word` is a severity.
pub(super) fn is_level(word: &[u8]) -> bool {
    among(word, LEVELS)
}

/// Whether a time after `word` is not the record's own.
pub(super) fn is_not_now(word: &[u8]) -> bool {
    among(word, NOT_NOW)
}

fn among(word: &[u8], list: &[&str]) -> bool {
    list.iter().any(|entry| word.eq_ignore_ascii_case(entry.as_bytes()))
}
