//! Arguments by their place: `Session->login('jane', 'secret')` in a stack trace, a debug print or a `toString`.

use std::borrow::Cow;
use std::ops::Range;

use super::{Candidate, Extraction, Probe, escaped};
use crate::record::value::Wrapper;
use crate::record::view::{backslash, unescape};
use crate::rule::{Calls, PasswordKey, Role, RuleIndex, RuleSet};
use crate::secret::Secret;
use crate::terms::Layer;

/// The longest function name with its classes, the longest list of arguments, and the most of them.
const NAME_BYTES: usize = 96;
const LIST_BYTES: usize = 2 << 10;
const ARGUMENTS: usize = 12;

/// What PHP leaves of an argument in a stack trace, in bytes; three dots follow.
const PHP_ARGUMENT: usize = 15;

/// One text among the arguments.
struct Argument {
    span: Range<usize>,
    quote: Option<u8>,
}

/// The arguments of a call, or what hides them.
enum Arguments {
    Listed { texts: Vec<Argument>, others: usize, end: usize },
    Hidden(Layer),
}

/// A call with its parts.
pub struct Call {
    account: Option<Range<usize>>,
    secret: Range<usize>,
    old: Option<Range<usize>>,
    quote: Option<u8>,
    whole: Range<usize>,
}

impl Call {
    /// The same call in a text that begins `by` bytes later.
    pub fn from(self, by: usize) -> Self {
        let earlier = |span: Range<usize>| span.start.saturating_sub(by)..span.end.saturating_sub(by);
        Self {
            account: self.account.map(earlier),
            secret: earlier(self.secret),
            old: self.old.map(earlier),
            whole: earlier(self.whole),
            ..self
        }
    }
}

/// What a called name at `at` leads to.
pub fn probe(rules: &RuleSet, text: &[u8], at: usize, rule: RuleIndex) -> Option<Probe> {
    // The trigger ends in the bracket.
    let open = at + memchr::memchr(b'(', &text[at..text.len().min(at + NAME_BYTES)])?;
    let low = open.saturating_sub(NAME_BYTES);
    let start = text[low..open].iter().rposition(|&b| !is_path(b)).map_or(low, |i| low + i + 1);
    // `\nlogin(`: the end of a line before the name, in a string.
    if text[start..open].contains(&b'\\') && escaped::layer(text, at) == Some(Layer::Json) {
        return Some(Probe::Peel(Layer::Json));
    }
    for calls in &rules.get(rule).calls {
        if !calls.names(&text[start..open]) {
            continue;
        }
        match arguments(text, open + 1, calls.bare)? {
            Arguments::Hidden(layer) => return Some(Probe::Peel(layer)),
            Arguments::Listed { texts, others, end } => {
                let Some(call) = read(text, calls, &texts, others, start..end) else { continue };
                return Some(if hidden(text, &call) { Probe::Peel(Layer::Json) } else { Probe::Call(rule, call) });
            }
        }
    }
    None
}

fn is_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_:\\>-.$".contains(&byte)
}

/// Reads the arguments behind the bracket.
fn arguments(text: &[u8], mut at: usize, bare: bool) -> Option<Arguments> {
    let text = &text[..text.len().min(at + LIST_BYTES)];
    let (mut texts, mut others) = (Vec::new(), 0);
    for _ in 0..ARGUMENTS {
        at += text[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        if let Some(layer) = escape(&text[at..]) {
            return Some(Arguments::Hidden(layer));
        }
        // `u'jane'`, `b"jane"`, `N'jane'`.
        let prefix = usize::from(
            b"ubrNLBU".contains(text.get(at)?) && text.get(at + 1).is_some_and(|b| matches!(b, b'\'' | b'"')),
        );
        let end = match text[at + prefix..].first()? {
            &quote @ (b'\'' | b'"') => {
                let start = at + prefix + 1;
                let end = start + closing(&text[start..], quote)?;
                texts.push(Argument { span: start..end, quote: Some(quote) });
                end + 1
            }
            _ => {
                let end = at + unquoted(&text[at..])?;
                if bare {
                    texts.push(Argument { span: at..end, quote: None });
                } else {
                    others += 1;
                }
                end
            }
        };
        at = end + text[end..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        match text.get(at)? {
            b')' => return Some(Arguments::Listed { texts, others, end: at + 1 }),
            b',' => at += 1,
            _ => return None,
        }
    }
    None
}

/// The layer of an escaped quote.
fn escape(rest: &[u8]) -> Option<Layer> {
    let json = [&b"\\\""[..], b"\\\\", b"\\'", b"\\u0027", b"\\u0022", b"\\x22", b"\\x27"];
    let html = [&b"&#039;"[..], b"&#39;", b"&quot;", b"&#34;", b"&apos;", b"&#x27;"];
    let begins = |with: &[&[u8]]| with.iter().any(|escape| rest.starts_with(escape));
    if begins(&json) { Some(Layer::Json) } else { begins(&html).then_some(Layer::Html) }
}

/// Where a text ends: at a quote behind which the list goes on. PHP escapes nothing, so a quote alone may be a letter.
fn closing(rest: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\n' => return None,
            b'\\' if rest.get(at + 1) == Some(&quote) && quote == b'"' => at += 1,
            _ if byte == quote => {
                let blank = rest[at + 1..].iter().take_while(|b| **b == b' ').count();
                if matches!(rest.get(at + 1 + blank), Some(b',' | b')')) {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where an argument without quotes ends: at a comma or a bracket that it did not open.
fn unquoted(rest: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    for (i, &byte) in rest.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b',' if depth == 0 => return Some(i),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'\n' => return None,
            _ => {}
        }
    }
    None
}

/// The first reading of the arguments that fits.
fn read(text: &[u8], calls: &Calls, texts: &[Argument], others: usize, whole: Range<usize>) -> Option<Call> {
    // A class prints what it holds and nothing else; code would have blanks behind the commas, or name its parameters.
    let class = text[whole.start..].split(|&b| b == b'(').next().and_then(|path| {
        path.rsplit(|b| !b.is_ascii_alphanumeric()).next().and_then(<[u8]>::first).map(u8::is_ascii_uppercase)
    });
    let printed = |roles: &[Role]| {
        class == Some(true)
            && texts.len() == roles.len()
            && texts.iter().all(|argument| !text[argument.span.clone()].contains(&b'='))
            && others == 0
            && texts.windows(2).all(|pair| pair[0].span.end + 1 == pair[1].span.start)
            && !roles
                .iter()
                .zip(texts)
                .any(|(role, argument)| *role == Role::Secret && is_flag(&text[argument.span.clone()]))
            && texts.iter().all(|argument| {
                argument.quote.is_none() && !argument.span.is_empty() && text[argument.span.start] != b'$'
            })
    };
    let roles = calls.readings.iter().find(|roles| {
        (if calls.bare { printed(roles) } else { texts.len() >= roles.len() })
            && roles.iter().zip(texts).all(|(role, argument)| fits(*role, &text[argument.span.clone()]))
    })?;
    let of = |wanted: &[Role]| roles.iter().position(|role| wanted.contains(role)).map(|i| &texts[i]);
    let secret = of(&[Role::Secret])?;
    let account = of(&[Role::Account, Role::Qualified]).map(|argument| argument.span.clone());
    Some(Call {
        account: account.filter(|span| !is_cut(&text[span.clone()])),
        secret: secret.span.clone(),
        old: of(&[Role::Old]).map(|argument| argument.span.clone()),
        quote: secret.quote,
        whole,
    })
}

/// What a class prints of a flag or of nothing.
fn is_flag(value: &[u8]) -> bool {
    [&b"true"[..], b"false", b"null", b"None"].contains(&value)
}

fn fits(role: Role, value: &[u8]) -> bool {
    let qualified = value.iter().any(|b| b"@=\\".contains(b));
    match role {
        Role::Any | Role::Secret | Role::Old => true,
        Role::Place => value.iter().any(|b| b":=".contains(b)),
        Role::Qualified => qualified,
        Role::Account => value.len() <= 256 && !value.is_empty() && (qualified || !value.contains(&b' ')),
    }
}

/// `Tangerine-Winte...`: PHP shows so many bytes of an argument.
fn is_cut(value: &[u8]) -> bool {
    value.ends_with(b"...") && value.len() >= PHP_ARGUMENT + 3
}

/// Whether the call stands in a string whose escapes are in its arguments: the string is to be peeled first.
fn hidden(text: &[u8], call: &Call) -> bool {
    let escaped =
        |span: &Range<usize>| text[span.clone()].windows(2).any(|w| w[0] == b'\\' && b"\\/\"u".contains(&w[1]));
    if call.quote != Some(b'\'') || !(escaped(&call.secret) || call.account.as_ref().is_some_and(escaped)) {
        return false;
    }
    let low = call.whole.start.saturating_sub(LIST_BYTES * 2);
    let line = memchr::memrchr(b'\n', &text[low..call.whole.start]).map_or(low, |i| low + i + 1);
    memchr::memrchr_iter(b'"', &text[line..call.whole.start])
        .map(|i| line + i)
        .find(|&i| i == 0 || text[i - 1] != b'\\')
        .is_some_and(|i| i == 0 || b":=,[({ \n".contains(&text[i - 1]))
}

/// Adds the candidates of a call.
pub fn add(found: &mut Extraction<'_>, rules: &RuleSet, view: usize, rule: RuleIndex, call: &Call) {
    let text = found.views[view].text();
    let plain = |span: &Range<usize>| match call.quote {
        Some(b'"') => unescape(&text[span.clone()], backslash).into_owned(),
        _ => text[span.clone()].to_vec(),
    };
    let account = call.account.as_ref().map(plain);
    let mut candidates = Vec::new();
    for (span, old) in std::iter::once((&call.secret, false)).chain(call.old.as_ref().map(|span| (span, true))) {
        let mut span = span.clone();
        let cut = is_cut(&text[span.clone()]);
        if cut {
            span.end -= 3;
        }
        candidates.push(Candidate {
            rule,
            secret: Secret::new(Cow::Owned(plain(&span))),
            decoded: Vec::new(),
            view,
            span,
            key: call.whole.clone(),
            name: PasswordKey { credential: rules.get(rule).credential, old, hashed: false },
            syntax: None,
            quote: call.quote,
            wrapper: Wrapper::None,
            account: account.clone(),
            cut,
        });
    }
    for candidate in candidates {
        found.add(candidate);
    }
}
