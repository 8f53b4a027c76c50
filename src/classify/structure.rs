//! What the shape of a value alone tells against it.

use super::{Facts, around, measure};
use crate::record::field::is_of_statement;
use crate::record::value::quotes::TYPOGRAPHIC;
use crate::record::value::{Wrapper, field_follows};
use crate::record::view;
use crate::rule::{KeyName, Syntax};
use crate::terms::{CredentialType, Dismissal};

/// The longest password that anybody types or generates, in bytes.
const PASSWORD_BYTES: usize = 1024;

/// Why `value` is no exposed password, where its shape tells.
pub fn dismissal(value: &[u8], facts: &Facts<'_>) -> Option<Dismissal> {
    let trimmed = value.trim_ascii();
    if trimmed.is_empty() {
        return Some(Dismissal::Empty);
    }
    match facts.wrapper {
        Wrapper::Angles => return Some(Dismissal::Placeholder),
        Wrapper::Lookup => return Some(Dismissal::Reference),
        Wrapper::Brackets if facts.words.is_bracketed_mask(trimmed) => return Some(Dismissal::Masked),
        _ => {}
    }
    // Before all that reads it: each of many keys in a row has the ones behind it for its value.
    if trimmed.len() > PASSWORD_BYTES {
        return Some(Dismissal::NotAValue);
    }
    if is_mask(trimmed, facts) || facts.quote.is_none() && measure::is_length(trimmed) {
        return Some(Dismissal::Masked);
    }
    if is_placeholder(trimmed) || is_pair_of_names(trimmed, facts) {
        return Some(Dismissal::Placeholder);
    }
    if is_reference(trimmed, facts) {
        return Some(Dismissal::Reference);
    }
    if facts.quote.is_none()
        && let Some(why) = bare_word(trimmed, facts)
    {
        return Some(why);
    }
    if is_printed_object(trimmed)
        || facts.quote.is_none() && (measure::is_measure(trimmed) || measure::is_object(trimmed))
        || around::is_tally(trimmed, facts)
        || around::is_count(trimmed, facts)
    {
        return Some(Dismissal::NotAValue);
    }
    if around::is_code(trimmed, facts) {
        return Some(Dismissal::Reference);
    }
    if around::is_usage(trimmed, facts) {
        return Some(Dismissal::Placeholder);
    }
    if is_prose(trimmed, facts) {
        return Some(Dismissal::Prose);
    }
    if is_directory(trimmed, facts) {
        return Some(Dismissal::NotAValue);
    }
    let digits = trimmed.iter().all(u8::is_ascii_digit);
    if facts.name.credential == CredentialType::Pin && !(digits && (4..=12).contains(&trimmed.len())) {
        return Some(Dismissal::NotAValue);
    }
    // How many are left, not what they are.
    if facts.name.credential == CredentialType::RecoveryCode && digits && trimmed.len() < 4 {
        return Some(Dismissal::NotAValue);
    }
    is_binary(trimmed).then_some(Dismissal::Binary)
}

/// `****`, `T*****2`, `[FILTERED]`, `__REDACTED__`, `REDACTED_BY_X`.
fn is_mask(value: &[u8], facts: &Facts<'_>) -> bool {
    let text = String::from_utf8_lossy(value);
    let mut chars = text.chars();
    let first = chars.next().unwrap_or(' ');
    if matches!(first, '*' | '•' | '●' | '█' | '■' | '▇' | 'x' | 'X' | '-' | '.' | '·' | '#' | '?' | '∗')
        && chars.all(|c| c == first)
    {
        // One letter, or a dot, may be a password; one star is none.
        return text.chars().count()
            >= if matches!(first, '*' | '•' | '●' | '█' | '■' | '▇' | '-') { 1 } else { 3 };
    }
    let may_mask = value.iter().any(|b| *b == b'*' || !b.is_ascii());
    let masked = if may_mask { text.chars().filter(|c| matches!(c, '*' | '•' | '●' | '█')).count() } else { 0 };
    if masked >= 3
        && (text.contains("***") || text.contains("•••") || text.contains("███"))
        && masked * 2 >= text.chars().count()
    {
        return true;
    }
    if is_wrapped_mask(value, facts) {
        return true;
    }
    let marks = |b: &u8| b"xX*-_# ".contains(b);
    if let (Some(start), Some(end)) = (value.iter().position(|b| !marks(b)), value.iter().rposition(|b| !marks(b)))
        && end + 1 - start < value.len()
        && facts.words.is_mask(&value[start..=end])
    {
        return true;
    }
    let bare = unbracketed(value);
    if bare.len() < value.len() {
        return bare.iter().all(|&b| b == b'.')
            || facts.words.is_bracketed_mask(bare)
            || facts.words.says_not_logged(value)
            || facts.words.is_mask(bare);
    }
    facts.words.is_mask(value) || facts.words.says_not_logged(value)
}

/// `SecretString[hidden]`, `Secret([REDACTED alloc::string::String])`: a type that shows a mask, maybe cut at a blank;
/// `hmac-sha256:…`, what a vault shows instead.
fn is_wrapped_mask(value: &[u8], facts: &Facts<'_>) -> bool {
    if value.starts_with(b"hmac-sha") {
        return true;
    }
    let class = value.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':')).count();
    let open = value[class..].iter().take_while(|b| b"([{<*".contains(b)).count();
    let inside = &value[class + open..];
    let word = inside.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    open > 0
        && value.first().is_some_and(u8::is_ascii_uppercase)
        && (facts.words.is_mask(&inside[..word])
            || facts.words.is_bracketed_mask(&inside[..word]) && matches!(&inside[word..], [b']' | b')' | b'}' | b'>']))
}

/// The inside of `[…]`, `(…)`, `{{…}}`, `__…__`, `**…**`, `%…%`, `*** … ***`.
fn unbracketed(value: &[u8]) -> &[u8] {
    let mut inside = value;
    for _ in 0..3 {
        inside = match inside {
            [b'[', mid @ .., b']'] | [b'(', mid @ .., b')'] | [b'{', mid @ .., b'}'] | [b'<', mid @ .., b'>'] => mid,
            [b'_', mid @ .., b'_'] | [b'*', mid @ .., b'*'] | [b'-', mid @ .., b'-'] => mid,
            _ => break,
        };
        inside = inside.trim_ascii();
    }
    inside
}

/// `<password>`, `<your secret here>`.
fn is_placeholder(value: &[u8]) -> bool {
    let [b'<', mid @ .., b'>'] = value else { return false };
    !mid.is_empty() && mid.iter().all(|b| b.is_ascii_alphanumeric() || b" _-:.,/=".contains(b) || *b >= 0x80)
}

/// `user:password`: both halves name their own field.
fn is_pair_of_names(value: &[u8], facts: &Facts<'_>) -> bool {
    let account = facts.account.and_then(|account| facts.words.names_itself(account));
    matches!(account, Some(KeyName::Account { .. }))
        && matches!(facts.words.names_itself(value), Some(KeyName::Password(_)))
}

/// Variables, templates and names of secrets that are kept elsewhere.
fn is_reference(value: &[u8], facts: &Facts<'_>) -> bool {
    const STORES: &[&[u8]] = &[
        b"vault:",
        b"!vault",
        b"!secret",
        b"!env",
        b"arn:aws:",
        b"op://",
        b"secretref:",
        b"ref+",
        b"secret://",
        b"ssm:",
        b"file:/",
        b"/run/secrets/",
        b"@microsoft.keyvault(",
        b"sm://",
        b"akv:",
        b"env:",
        b"env.",
        b"process.env",
        b"os.environ",
        b"os.getenv",
        b"system.getenv",
        b"getenv(",
        b"$ansible_vault",
        b"keyring:",
        b"keychain:",
        b"doppler:",
        b"secretsmanager:",
        b"awssm:",
        b"gcpsm:",
    ];
    let lower = value[..value.len().min(64)].to_ascii_lowercase();
    if STORES.iter().any(|store| store.first() == lower.first() && lower.starts_with(store)) {
        return true;
    }
    // Encrypted values that only the program's key opens.
    if lower.starts_with(b"{cipher}")
        || lower.starts_with(b"enc(") && value.ends_with(b")")
        || lower.starts_with(b"enc[")
    {
        return true;
    }
    // Maven's own encryption.
    if let [b'{', inside @ .., b'=', b'}'] = value {
        return inside.len() >= 12 && inside.iter().all(|&b| view::is_base64(b));
    }
    if lower.starts_with(b"projects/") && memchr::memmem::find(&lower, b"/secrets/").is_some() {
        return true;
    }
    // A command whose output is the value.
    if facts.quote == Some(b'`') && value.contains(&b' ') {
        return true;
    }
    // `your_password`: where documentation has one's own.
    if let Some(own) = lower.strip_prefix(b"your").and_then(|own| own.strip_prefix(b"_").or(own.strip_prefix(b"-")))
        && facts.words.password(own).is_some()
    {
        return true;
    }
    match value {
        // A pipeline's way to name a secret: `((db-password))`.
        [b'(', b'(', .., b')', b')'] => true,
        [b'$', b'{' | b'(', ..] | [b'#', b'{', ..] | [b'@', b'{', ..] => true,
        [b'{', b'{', .., b'}', b'}'] | [b'<', b'%', .., b'%', b'>'] | [b'{', b'%', ..] => true,
        [b'{', mid @ .., b'}'] => mid.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')),
        [b'%', b'{', .., b'}'] => true,
        [b'%', mid @ .., b'%'] => !mid.is_empty() && is_variable(mid),
        [b'%', b's' | b'd' | b'v' | b'q' | b'r'] | [b'%', b'(', ..] => true,
        [b'$', b'e', b'n', b'v', b':', ..] => true,
        // `$_POST['password']`, `$row->password`.
        [b'$', name @ ..] if facts.quote.is_none() && is_indexed(name) => true,
        [b'$', name @ ..] => {
            is_variable(name)
                && (is_capitals(name)
                    || facts.words.password(name).is_some()
                    // `$1` of a statement, `$p` of a query.
                    || name.len() == 1)
        }
        [b':' | b'@', name @ ..]
            if facts.syntax == Some(Syntax::Sql) || is_of_statement(facts.before) || is_of_statement(facts.rest) =>
        {
            is_variable(name)
        }
        [b'?'] => true,
        _ if facts.quote.is_none() => is_expression(value, facts),
        _ => false,
    }
}

/// What a program prints of an object that hides what it holds: `[C@1b6d3586`, `System.Security.SecureString`.
fn is_printed_object(value: &[u8]) -> bool {
    if value.ends_with(b"SecureString") && value.len() > 12 {
        return value.iter().all(|b| b.is_ascii_alphabetic() || *b == b'.');
    }
    let Some(sign) = memchr::memchr(b'@', value) else { return false };
    let (class, number) = (&value[..sign], &value[sign + 1..]);
    let array = matches!(class, [b'[', b'B' | b'C' | b'I'] | [b'[', b'L', .., b';']);
    let named = memchr::memchr_iter(b'.', class).count() >= 2
        && class.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'$' | b'_'));
    (array || named) && (4..=8).contains(&number.len()) && number.iter().all(u8::is_ascii_hexdigit)
}

/// Code instead of a value: `user.password`, `getPassword()`, `req.body.pwd`, `self.password,`.
fn is_expression(value: &[u8], facts: &Facts<'_>) -> bool {
    if value.ends_with(b"()")
        && value[..value.len() - 2].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
    {
        return true;
    }
    // `(Get-Credential)`, `Read-Host`: what a shell will ask for.
    let cmdlet = value.strip_prefix(b"(").unwrap_or(value);
    let name = &cmdlet[..cmdlet.iter().position(|b| matches!(b, b' ' | b')')).unwrap_or(cmdlet.len())];
    if [&b"Read-Host"[..], b"Get-", b"ConvertTo-"].iter().any(|verb| name.starts_with(verb)) {
        return facts.syntax != Some(Syntax::Logfmt) && name.iter().all(|b| b.is_ascii_alphabetic() || *b == b'-');
    }
    // A page, not a password.
    if value.starts_with(b"https://") || value.starts_with(b"http://") {
        return matches!(facts.syntax, Some(Syntax::Colon));
    }
    // `params[:password]`
    let symbol = value.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    if symbol > 0 && value[symbol..].starts_with(b"[:") {
        return value.ends_with(b"]");
    }
    let Some(dot) = memchr::memrchr(b'.', value) else { return false };
    // `random_password.db.result`, `data.secret.db["password"]`: something that a configuration refers to.
    let plain = value.split(|&b| b == b'[').next().unwrap_or_default();
    let named = plain.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.'));
    let steps = memchr::memchr_iter(b'.', plain).count();
    if facts.syntax == Some(Syntax::Ini) && named && steps >= 2 && (plain.contains(&b'_') || value.ends_with(b"]")) {
        return true;
    }
    let path = value.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.' | b'[' | b']'));
    path && dot > 0 && facts.words.password(&value[dot + 1..]).is_some()
}

/// `_POST['x']`, `row->x`: a variable and what is taken of it.
fn is_indexed(name: &[u8]) -> bool {
    let length = name.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    length > 0 && (name[length..].starts_with(b"[") || name[length..].starts_with(b"->"))
}

fn is_variable(name: &[u8]) -> bool {
    name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'.'))
}

fn is_capitals(name: &[u8]) -> bool {
    !name.is_empty()
        && name.iter().all(|b| b.is_ascii_uppercase() || *b == b'_' || b.is_ascii_digit())
        && name[0].is_ascii_uppercase()
}

/// Words that are types, flags or nothing when no quote makes them a value.
fn bare_word(value: &[u8], facts: &Facts<'_>) -> Option<Dismissal> {
    const NOTHING: &[&[u8]] = &[
        b"null",
        b"nil",
        b"none",
        b"undefined",
        b"nan",
        b"(null)",
        b"<null>",
        b"(none)",
        b"n/a",
        b"(nil)",
        b"nsnull",
        b"\\n",
    ];
    const FLAGS: &[&[u8]] = &[b"true", b"false", b"yes", b"no", b"on", b"off"];
    const TYPES: &[&[u8]] = &[
        b"string",
        b"str",
        b"text",
        b"varchar",
        b"char",
        b"bytes",
        b"string?",
        b"string;",
        b"bytea",
        b"nvarchar",
        b"symbol",
        b"object",
        b"any",
        b"securestring",
        b"string!",
        b"type",
        b"boolean",
        b"bool",
        b"int",
        b"integer",
        b"number",
    ];
    // In a URL nothing is ever quoted.
    let url = matches!(facts.syntax, Some(Syntax::Query | Syntax::Form));
    let lower = value.to_ascii_lowercase();
    let any = |words: &[&[u8]]| words.contains(&&*lower);
    if any(NOTHING) {
        return (!url).then_some(Dismissal::Empty);
    }
    if any(FLAGS) {
        return (!url).then_some(Dismissal::NotAValue);
    }
    if any(TYPES) || lower.starts_with(b"varchar(") || lower.starts_with(b"char(") {
        return (matches!(facts.syntax, Some(Syntax::Colon | Syntax::Object | Syntax::Json | Syntax::Dict)))
            .then_some(Dismissal::NotAValue);
    }
    // A flag or a counter, unless the key leaves no doubt.
    let digits = value.iter().all(u8::is_ascii_digit);
    let pin = facts.name.credential == CredentialType::Pin && value.len() >= 4;
    if !url
        && digits
        && !pin
        && (value.len() == 1 && value[0] <= b'1' || facts.syntax == Some(Syntax::Json) && is_short_word(facts.key))
    {
        return Some(Dismissal::NotAValue);
    }
    // "PASS: TestLogin": the result of a test.
    // `pass=2`: the second of several.
    if facts.key.eq_ignore_ascii_case(b"pass") && digits && value.len() == 1 && !url {
        return Some(Dismissal::NotAValue);
    }
    // What a compiler or a renderer does in it; the same program tells of itself as `passwd: …`.
    let told = facts.key.eq_ignore_ascii_case(b"pass") || facts.key == b"passwd";
    if told && facts.syntax == Some(Syntax::Colon) && is_plain_words(value) {
        return Some(Dismissal::Prose);
    }
    if facts.key == b"PASS"
        && facts.syntax == Some(Syntax::Colon)
        && value.iter().take_while(|b| **b != b' ').all(|b| b.is_ascii_alphabetic() || b"_/.-:".contains(b))
    {
        return Some(Dismissal::NotAValue);
    }
    // A bare `*` of punctuation only: a list, a prompt, a format.
    if value.iter().all(|b| b"[](){}<>,;:|=\\/\"'`".contains(b)) {
        return Some(Dismissal::NotAValue);
    }
    None
}

/// Several words of letters alone.
fn is_plain_words(value: &[u8]) -> bool {
    value.contains(&b' ') && value.iter().all(|b| b.is_ascii_alphabetic() || b" ,.-'".contains(b))
}

/// Keys whose password word is short enough to mean something else: `hash_pass`, `dynPw`.
fn is_short_word(key: &[u8]) -> bool {
    let end = key.len().saturating_sub(5);
    !key.is_empty() && memchr::memmem::find(&key[end..].to_ascii_lowercase(), b"word").is_none() && key.len() > 4
}

/// Words of a sentence instead of a value.
fn is_prose(value: &[u8], facts: &Facts<'_>) -> bool {
    // `“forgotten?”` behind the word is what a page says of it; a password there is no mere word.
    if facts.syntax == Some(Syntax::Juxtaposed) && facts.quote == Some(TYPOGRAPHIC) {
        return value.iter().all(|b| b.is_ascii_alphabetic() || *b >= 0x80 || b" ?!.,".contains(b));
    }
    // The answer to a question may be a sentence.
    if facts.name.credential == CredentialType::SecurityAnswer && facts.quote.is_some() {
        return false;
    }
    // Nor does a message stand in a request or a statement, while a passphrase may.
    if matches!(facts.syntax, Some(Syntax::Query | Syntax::Form))
        || facts.syntax == Some(Syntax::Sql) && facts.quote.is_some()
    {
        return false;
    }
    let words = value.split(|b| b.is_ascii_whitespace()).filter(|w| !w.is_empty());
    let plain = |w: &[u8]| w.iter().all(|b| b.is_ascii_alphabetic() || b".,:;!?'()`\"-".contains(b) || *b >= 0x80);
    let function = |w: &[u8]| facts.words.is_prose_word(w.strip_suffix(b".").unwrap_or(w));
    let (mut count, mut functions) = (0, 0);
    for word in words {
        count += 1;
        functions += usize::from(function(word));
    }
    if count >= 3 && functions >= 1
        || count == 2
            && functions >= 1
            && value.iter().all(|b| b.is_ascii_alphabetic() || b" .'".contains(b) || *b >= 0x80)
    {
        return true;
    }
    // A bare word goes on as a sentence.
    if facts.quote.is_none()
        && count == 1
        && plain(value)
        && matches!(facts.syntax, Some(Syntax::Colon | Syntax::Ini | Syntax::Dict | Syntax::Object))
    {
        let rest = facts.rest.trim_ascii_start();
        let rest = rest.strip_prefix(b"[").unwrap_or(rest);
        let next = &rest[..rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len())];
        let spaced = facts.rest.first() == Some(&b' ');
        return spaced
            && !next.is_empty()
            && plain(next)
            && next.len() > 1
            && !next.ends_with(b":")
            && (function(next)
                || next.starts_with(b"`")
                || facts.words.names_itself(next).is_some_and(|name| matches!(name, KeyName::Password(_)))
                || function(value)
                || rest.len() > next.len() && next.iter().all(u8::is_ascii_lowercase));
    }
    // "12 characters": the number of a rule about passwords.
    let number = value.len() <= 2
        && value.iter().all(u8::is_ascii_digit)
        && matches!(facts.syntax, Some(Syntax::Colon | Syntax::Object));
    if number && facts.quote.is_none() {
        let next = facts.rest.trim_ascii_start();
        return facts.rest.starts_with(b" ") && next.first().is_some_and(u8::is_ascii_alphabetic);
    }
    // `password=please ok=1`: another field follows, no sentence.
    let field = field_follows(facts.rest.trim_ascii_start());
    facts.quote.is_none() && count == 1 && function(value) && facts.rest.first() == Some(&b' ') && !field
}

/// `PWD=/root` is a directory.
fn is_directory(value: &[u8], facts: &Facts<'_>) -> bool {
    let directory_key = facts.key.eq_ignore_ascii_case(b"pwd") || facts.key.eq_ignore_ascii_case(b"oldpwd");
    let url = matches!(facts.syntax, Some(Syntax::Query | Syntax::Form));
    let path = value.starts_with(b"/") || value.starts_with(b"~") || value.get(1..3) == Some(b":\\");
    directory_key && path && !url
}

/// Bytes that nobody types: control characters, octal escapes of a wrong shared secret.
fn is_binary(value: &[u8]) -> bool {
    let strange = value.iter().filter(|b| b.is_ascii_control()).count();
    let undecodable = String::from_utf8_lossy(value).chars().filter(|&c| c == '\u{fffd}').count();
    (strange + undecodable) * 10 >= value.len().max(1) * 3 || undecodable > 2 && strange > 0
}

/// Long base64 of random bytes, encrypted in the browser before it was sent; or `2.iv|data|mac` of a password manager.
pub fn is_encrypted(value: &[u8]) -> bool {
    let parts: Vec<&[u8]> = value.split(|&b| b == b'|').collect();
    if let [head, data, rest @ ..] = &*parts
        && let [digit, b'.', iv @ ..] = *head
        && digit.is_ascii_digit()
        && rest.len() <= 1
    {
        return iv.ends_with(b"=") && [iv, data].iter().all(|part| part.iter().all(|&b| view::is_base64(b)));
    }
    value.len() >= 86
        && value.iter().all(|&b| view::is_base64(b))
        && view::base64_bytes(value).is_some_and(|bytes| !view::is_text(&bytes))
}
