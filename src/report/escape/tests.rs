//! Text that was made to act is only shown.

use proptest::prelude::*;

use super::*;

/// A name cannot act on the terminal, hide itself, or command a CI runner; ordinary names stay readable.
#[test]
fn only_what_acts_is_escaped() {
    for (name, want) in [
        ("jane@example.com", "jane@example.com"),
        ("CORP\\jané 名前", "CORP\\jané 名前"),
        ("a\nb\r\t\0", "a\\u{a}b\\u{d}\\u{9}\\u{0}"),
        ("\u{1b}]52;c;x\u{7}", "\\u{1b}]52;c;x\\u{7}"),
        ("\u{9b}31m", "\\u{9b}31m"),
        ("eve\u{202e}moc", "eve\\u{202e}moc"),
        ("a\u{200b}b\u{feff}\u{2066}", "a\\u{200b}b\\u{feff}\\u{2066}"),
        ("##vso[task]", "#\\u{23}vso[task]"),
        ("C#", "C#"),
    ] {
        assert_eq!(terminal(name).to_string(), want);
    }
}

/// Ordinary names are written as they are; what is syntax somewhere is not.
#[test]
fn each_place_escapes_its_own_syntax() {
    for (text, in_ci, in_html, in_csv) in [
        ("jane@example.com", "jane@example.com", "jane@example.com", "\"jane@example.com\""),
        ("logs/a b.log!/x", "logs/a b.log!/x", "logs/a b.log!/x", "\"logs/a b.log!/x\""),
        (
            "100%0A::error::x",
            "100\\u{25}0A\\u{3a}\\u{3a}error\\u{3a}\\u{3a}x",
            "100%0A::error::x",
            "\"100%0A::error::x\"",
        ),
        ("a\n##vso[x;y]", "a\\u{a}#\\u{23}vso[x\\u{3b}y\\u{5d}", "a\\u{a}##vso[x;y]", "\"a\\u{a}##vso[x;y]\""),
        (
            "<b>\"O'Neil\"&`",
            "<b>\"O\\u{27}Neil\"&`",
            "&lt;b&gt;&quot;O&#39;Neil&quot;&amp;&#96;",
            "\"<b>\"\"O'Neil\"\"&`\"",
        ),
        ("=1+1", "=1+1", "=1+1", "\"'=1+1\""),
        ("+4915112345678", "+4915112345678", "+4915112345678", "\"'+4915112345678\""),
        (" \u{ff1d}cmd", " \u{ff1d}cmd", " \u{ff1d}cmd", "\" '\u{ff1d}cmd\""),
        (
            "x;=cmd|' /C calc'!A0",
            "x\\u{3b}=cmd\\u{7c}\\u{27} /C calc\\u{27}!A0",
            "x;=cmd|&#39; /C calc&#39;!A0",
            "\"x;'=cmd|' /C calc'!A0\"",
        ),
        ("x\",=y", "x\"\\u{2c}=y", "x&quot;,=y", "\"x\"\",'=y\""),
    ] {
        assert_eq!(ci(text).to_string(), in_ci);
        assert_eq!(html(text).to_string(), in_html);
        assert_eq!(csv(text).to_string(), in_csv);
    }
    assert_eq!(
        markdown("a|b`[x](y)<@jane").to_string(),
        "<code>a&#124;b&#96;&#91;x&#93;&#40;y&#41;&lt;&#64;jane</code>"
    );
}

/// A name of a megabyte does not fill the screen, and what is cut is still closed.
#[test]
fn a_precision_cuts() {
    assert_eq!(format!("{:.3}", terminal("jané@example.com")), "jan…");
    assert_eq!(format!("{:.4}", terminal("jané")), "jané");
    assert_eq!(format!("{:.1}", html("<<")), "&lt;…");
    assert_eq!(format!("{:.2}", csv("\"\"\"")), "\"\"\"\"\"…\"");
    assert_eq!(format!("{:.1}", markdown("ab")), "<code>a…</code>");
}

/// Every byte that starts a terminal sequence, on its own, in every place.
#[test]
fn no_control_passes() {
    for c in (0..=0x9f).filter_map(char::from_u32).filter(|c| c.is_control()) {
        for written in everywhere(&c.to_string()) {
            assert!(!written.contains(c), "{:x}", u32::from(c));
        }
    }
}

fn everywhere(text: &str) -> [String; 5] {
    [
        terminal(text).to_string(),
        ci(text).to_string(),
        html(text).to_string(),
        markdown(text).to_string(),
        csv(text).to_string(),
    ]
}

/// Text of signs that are syntax somewhere, more often than chance would have them.
fn hostile() -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        Just("##".to_owned()),
        Just("::".to_owned()),
        "[\"'`&<>=+@|%;,:#!\\[\\]()*_~\\\\/ \\-\t\r\n]",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(sign, 0..24).prop_map(|signs| signs.concat())
}

proptest! {
    /// Whatever a log says, what is written is one line without a control, and has no sign that its place reads.
    #[test]
    fn no_text_leaves_its_place(text in hostile()) {
        for written in everywhere(&text) {
            prop_assert!(!written.chars().any(is_unsafe));
        }
        prop_assert!(!terminal(&text).to_string().contains("##"));
        let written = ci(&text).to_string();
        prop_assert!(!written.contains(['%', ':', ',', ';', ']', '|', '\'']) && !written.contains("##"));
        prop_assert!(!html(&text).to_string().contains(['<', '>', '"', '\'', '`']));
        let written = markdown(&text).to_string();
        let inside = written.strip_prefix("<code>").and_then(|rest| rest.strip_suffix("</code>")).unwrap();
        prop_assert!(!inside.contains(|c: char| c.is_ascii_punctuation() && !"&#;\\{}".contains(c)), "{inside}");
    }

    /// A cell ends where its last quote is, and nowhere does a formula begin, whatever ends a cell.
    #[test]
    fn no_cell_computes(text in hostile()) {
        let written = csv(&text).to_string();
        let inside = &written[1..written.len() - 1];
        prop_assert!(!inside.replace("\"\"", "").contains('"'));
        for part in inside.split([',', ';', '\t', '"']) {
            let first = part.trim_start().chars().next();
            prop_assert!(first.is_none_or(|c| !is_formula(c)), "{written}");
        }
    }

    /// What HTML shows is the text: no character is lost but to be made visible.
    #[test]
    fn html_shows_the_text(text in "[a-z<>&\"'`#;]{0,20}") {
        let mut shown = html(&text).to_string();
        for (entity, sign) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#96;", "`"), ("&amp;", "&")] {
            shown = shown.replace(entity, sign);
        }
        prop_assert_eq!(shown, text);
    }
}
