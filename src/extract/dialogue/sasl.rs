//! SASL in mail, chat and other protocols: `LOGIN`, whose challenges ask for the account and then for the password, and
//! `PLAIN`, whose answer holds both. All of it in base64.

use std::ops::Range;

use super::around::Around;
use super::frame::{Agreement, Frame};
use super::token::{run_at, runs, spoken, text_of};
use super::{Spoken, Told, WORDED_LINES, answer, reach, reply, tag_start};
use crate::extract::decode::{Decoded, decode};
use crate::record::Text;
use crate::rule::{Decode, KeyName, Reply, RuleSet};
use crate::terms::{Layer, Outcome};

/// What a challenge asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    Account,
    Password,
}

/// Whether the token around `at` asks for a password, or `AUTH LOGIN` stands there.
pub fn begins_login(rules: &RuleSet, line: &[u8], at: usize) -> bool {
    challenge_at(rules, line, at).is_some() || login_verb(line, at).is_some()
}

/// The token at or behind `at` that asks for a password.
fn challenge_at(rules: &RuleSet, line: &[u8], at: usize) -> Option<Range<usize>> {
    let mut token = at;
    if line[at..].starts_with(b"334 ") {
        if at > 0 && line[at - 1].is_ascii_digit() {
            return None;
        }
        token += 4;
    }
    let span = run_at(line, token.min(line.len()))?;
    (asks(rules, &text_of(&line[span.clone()])?) == Some(Asks::Password)).then_some(span)
}

/// What a decoded challenge asks for. A prompt is short, and says nothing but what it wants.
fn asks(rules: &RuleSet, text: &[u8]) -> Option<Asks> {
    let text = text.trim_ascii();
    let bare = text.strip_suffix(b":").unwrap_or(text);
    let short = bare.len() <= 24 && bare.iter().all(|b| b.is_ascii_alphabetic() || *b == b' ' || *b >= 0x80);
    match rules.vocabulary().key(bare).filter(|_| short)? {
        KeyName::Password(_) => Some(Asks::Password),
        KeyName::Account { .. } => Some(Asks::Account),
    }
}

/// Where `AUTH LOGIN` begins, and the initial response behind it.
fn login_verb(line: &[u8], at: usize) -> Option<(usize, Option<Range<usize>>)> {
    let verb = [&b"auth login"[..], b"authenticate login"]
        .into_iter()
        .find(|verb| line[at..].get(..verb.len()).is_some_and(|head| head.eq_ignore_ascii_case(verb)))?;
    let rest = &line[at + verb.len()..];
    let token = rest.first().filter(|b| **b == b' ').and_then(|_| run_at(line, at + verb.len() + 1));
    let initial = token.filter(|span| text_of(&line[span.clone()]).is_some());
    let alone = rest.is_empty() || matches!(rest[0], b'"' | b'\'' | b'\\' | b'<') || rest.trim_ascii().is_empty();
    (alone || initial.is_some()).then_some((at, initial))
}

/// Whether `AUTH LOGIN` leads to the token at `at`.
fn login_sent(line: &[u8], at: usize) -> bool {
    line[..at].trim_ascii_end().to_ascii_lowercase().ends_with(b" login")
}

/// The password that answers the challenge at `at`; or the answers to `AUTH LOGIN` where no challenge was logged.
pub fn login(rules: &RuleSet, text: Text<'_>, around: &Around<'_>, at: usize) -> Vec<Spoken> {
    let range = around.line_of(at);
    let line = around.line(&range);
    if let Some(span) = challenge_at(rules, line, at - range.start) {
        let talk = Talk::at(rules, text, around, range, span);
        let answers = [Agreement::Whole, Agreement::Half].into_iter().map(|agreement| talk.answers(agreement));
        return answers.filter(|found| !found.is_empty()).map(|found| talk.named(found)).next().unwrap_or_default();
    }
    match login_verb(line, at - range.start) {
        Some((verb, initial)) => unprompted(rules, around, &range, verb, initial),
        None => Vec::new(),
    }
}

/// A challenge, and the conversation that it belongs to.
struct Talk<'a> {
    rules: &'a RuleSet,
    text: Text<'a>,
    around: &'a Around<'a>,
    line: Range<usize>,
    frame: Frame<'a>,
    /// The challenge stands in a dump of an event over several lines.
    event: bool,
}

/// An answer in base64: where it stands in the text, and what it says.
struct Answer {
    line: Range<usize>,
    span: Range<usize>,
    text: Vec<u8>,
}

impl<'a> Talk<'a> {
    fn at(rules: &'a RuleSet, text: Text<'a>, around: &'a Around<'a>, line: Range<usize>, span: Range<usize>) -> Self {
        let shown = around.line(&line);
        let event =
            shown.first().is_some_and(|b| matches!(b, b' ' | b'\t')) && text.record_start(line.start) < line.start;
        let mut talk = Self { rules, text, around, line: line.clone(), frame: Frame::nothing(), event };
        talk.frame = talk.frame_of(&line, span);
        talk
    }

    fn frame_of(&self, range: &Range<usize>, token: Range<usize>) -> Frame<'a> {
        let (line, terms) = (self.around.line(range), self.rules.conversation());
        let said = terms.speech_start(line, token.start)..token.end;
        if !self.event {
            return Frame::of(line, said, terms);
        }
        let event = self.text.record_start(range.start);
        let head = self.around.line_of(event);
        Frame::of_event(self.around.line(&(head.start..range.end.max(head.start))), line, said, terms)
    }

    /// The tokens of a line that continue the conversation, and what they ask for if they are challenges.
    fn token(&self, range: &Range<usize>, agreement: Agreement) -> Option<(Answer, Option<Asks>)> {
        let tokens = spoken(self.around.line(range)).into_iter();
        let mut own = tokens.filter(|token| self.frame_of(range, token.span.clone()).continues(&self.frame, agreement));
        let token = own.next()?;
        let asked = asks(self.rules, &token.text);
        let span = range.start + token.span.start..range.start + token.span.end;
        Some((Answer { line: range.clone(), span, text: token.text }, asked))
    }

    /// What a line replies.
    fn reply(&self, range: &Range<usize>) -> Option<Reply> {
        let line = self.around.line(range);
        if !self.event {
            return reply(line, &self.frame, self.rules.conversation());
        }
        let code = &line[memchr::memrchr(b' ', line)? + 1..];
        let status = code.len() == 3 && code.iter().all(u8::is_ascii_digit) && code != b"334";
        let mut said = code.to_vec();
        said.push(b' ');
        let own = status.then(|| self.frame_of(range, line.len() - 3..line.len()))?;
        own.same_ids(&self.frame, Agreement::Whole).then(|| self.rules.conversation().reply(&said)).flatten()
    }

    /// The lines that may hold an answer.
    fn reach(&self) -> usize {
        if self.event { crate::limits::CONTEXT_LINES } else { reach(&self.frame) }
    }

    /// The first answer behind the challenge, and the same again where the log tells it more than once.
    fn answers(&self, agreement: Agreement) -> Vec<Answer> {
        let mut found: Vec<Answer> = Vec::new();
        for range in self.around.after(&self.line).take(self.reach()) {
            match self.token(&range, agreement) {
                Some((_, Some(_))) => break,
                Some(_) if agreement == Agreement::Half && self.is_contested(&range) => break,
                Some((answer, None)) if found.first().is_none_or(|first| first.text == answer.text) => {
                    found.push(answer);
                    if !self.event {
                        break;
                    }
                }
                Some(_) => break,
                None if self.reply(&range).is_some() || self.is_other_word(&range, agreement) => break,
                None => {}
            }
        }
        found
    }

    /// Another session's challenge may as well have led to this answer.
    fn is_contested(&self, answer: &Range<usize>) -> bool {
        let shown = self.around.line(answer);
        let frame = Frame::of(shown, shown.len()..shown.len(), self.rules.conversation());
        self.around.before(answer).take(WORDED_LINES).any(|range| {
            let line = self.around.line(&range);
            let challenge = spoken(line).into_iter().find(|token| asks(self.rules, &token.text).is_some());
            challenge.is_some_and(|token| {
                let other = self.frame_of(&range, token.span);
                other.same_ids(&frame, Agreement::Half) && !other.same_ids(&self.frame, Agreement::Half)
            })
        })
    }

    /// The answer was logged, but not what it said: `CLIENT -> SERVER: <hidden>`.
    fn is_other_word(&self, range: &Range<usize>, agreement: Agreement) -> bool {
        let line = self.around.line(range);
        let frame = Frame::of(line, line.len()..line.len(), self.rules.conversation());
        !self.event
            && self.frame.is_identified()
            && frame.other_turn(&self.frame)
            && frame.same_ids(&self.frame, agreement)
    }

    /// The account: what was answered before, or sent with the verb. With it those that answered just as well, where nothing
    /// tells one conversation from the next.
    fn accounts(&self) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
        [Agreement::Whole, Agreement::Half].into_iter().find_map(|agreement| {
            let account = self.account_by(agreement)?;
            let others = if self.frame.is_identified() { Vec::new() } else { self.waiting(&account, agreement) };
            Some((account, others))
        })
    }

    /// Whoever answered a challenge before without being asked for the password, or hearing a reply.
    fn waiting(&self, account: &[u8], agreement: Agreement) -> Vec<Vec<u8>> {
        let (mut names, mut answers): (Vec<Vec<u8>>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
        for range in self.around.before(&self.line).take(self.reach()) {
            match self.token(&range, agreement) {
                // What answered this one is a password.
                Some((_, Some(Asks::Password))) => break,
                Some((_, Some(Asks::Account))) => names.append(&mut answers),
                Some((answer, None)) if answer.text != account => answers.push(answer.text),
                None if self.reply(&range).is_some_and(|reply| reply != Reply::Ended) => break,
                _ => {}
            }
        }
        names
    }

    fn account_by(&self, agreement: Agreement) -> Option<Vec<u8>> {
        let mut answered: Option<Vec<u8>> = None;
        for range in self.around.before(&self.line).take(self.reach()) {
            match (self.token(&range, agreement), answered.is_some()) {
                (Some((_, Some(Asks::Account))), true) => return answered,
                // What answered an earlier challenge of this kind is a password.
                (Some((_, Some(Asks::Password))), true) => return None,
                (Some((answer, None)), _) if answered.as_ref().is_none_or(|known| *known == answer.text) => {
                    let with_verb = login_sent(self.around.line(&answer.line), answer.span.start - answer.line.start);
                    answered = Some(answer.text);
                    if with_verb {
                        return answered;
                    }
                }
                (Some((_, None)), _) => return answered,
                (None, _) if matches!(self.reply(&range), Some(Reply::Accepted | Reply::Rejected)) => return answered,
                _ => {}
            }
        }
        answered
    }

    fn outcome(&self, line: &Range<usize>) -> Outcome {
        if !self.event {
            return answer(self.around, line, &self.frame, self.rules.conversation());
        }
        let mut replies = self.around.after(line).filter_map(|range| self.reply(&range));
        match replies.next() {
            Some(Reply::Accepted) => Outcome::Success,
            Some(Reply::Rejected) => Outcome::Failure,
            _ => Outcome::Unknown,
        }
    }

    fn named(&self, answers: Vec<Answer>) -> Vec<Spoken> {
        let (account, others) = self.accounts().unzip();
        let outcome = answers.last().map_or(Outcome::Unknown, |last| self.outcome(&last.line));
        let told = Told { account, others: others.unwrap_or_default(), outcome };
        answers.into_iter().map(|answer| in_base64(answer.text, answer.span, told.clone())).collect()
    }
}

fn in_base64(secret: Vec<u8>, span: Range<usize>, told: Told) -> Spoken {
    Spoken { secret, span, told, layer: Some(Layer::Base64) }
}

/// The two answers to `AUTH LOGIN` where the log leaves the server's part out: the account, then the password.
fn unprompted(
    rules: &RuleSet,
    around: &Around<'_>,
    line: &Range<usize>,
    verb: usize,
    initial: Option<Range<usize>>,
) -> Vec<Spoken> {
    let terms = rules.conversation();
    let shown = around.line(line);
    let frame = Frame::of(shown, tag_start(shown, verb)..shown.len(), terms);
    let mut account = initial.and_then(|span| text_of(&shown[span]));
    for range in around.after(line).take(BARE_ANSWERS) {
        let next = around.line(&range);
        let own = |token: &super::token::Token| {
            let said = terms.speech_start(next, token.span.start)..next.len();
            let other = Frame::of(next, said, terms);
            other.continues(&frame, Agreement::Whole) && other.same_turn(&frame)
        };
        // With a challenge in the log, that leads to the password.
        if spoken(next).iter().any(|token| asks(rules, &token.text).is_some()) {
            return Vec::new();
        }
        let Some(token) = spoken(next).into_iter().find(own) else {
            if matches!(reply(next, &frame, terms), Some(said) if said != Reply::Ended || !is_challenge(next)) {
                return Vec::new();
            }
            continue;
        };
        let span = range.start + token.span.start..range.start + token.span.end;
        match account.take() {
            None => account = Some(token.text),
            Some(name) => {
                let told = Told::of(Some(name), answer(around, &range, &frame, terms));
                return vec![in_base64(token.text, span, told)];
            }
        }
    }
    Vec::new()
}

/// How many lines behind `AUTH LOGIN` both answers may stand.
const BARE_ANSWERS: usize = 5;

fn is_challenge(line: &[u8]) -> bool {
    memchr::memmem::find(line, b"334").is_some()
}

/// Whether `AUTH PLAIN` or the like ends what was said, or a quoted answer follows it at once.
pub fn begins_plain(line: &[u8], at: usize) -> bool {
    plain_end(line, at).is_some()
}

/// Where the name of the method ends.
fn plain_end(line: &[u8], at: usize) -> Option<usize> {
    let name = memchr::memmem::find(&line[at..line.len().min(at + 24)].to_ascii_lowercase(), b"plain")? + at;
    let end = name + b"plain".len();
    let rest = &line[end..];
    let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
    let ended = rest.trim_ascii().is_empty() || matches!(rest.first(), Some(b'\\' | b'\'' | b'"' | b'<' | b'}'));
    (ended || rest.starts_with(b" \"") || rest.starts_with(b" {")).then_some(end)
}

/// The answer to `AUTH PLAIN`: an account and its password in one token, on this line or on a later one.
pub fn plain(rules: &RuleSet, around: &Around<'_>, at: usize) -> Vec<Spoken> {
    let terms = rules.conversation();
    let range = around.line_of(at);
    let line = around.line(&range);
    let Some(end) = plain_end(line, at - range.start) else { return Vec::new() };
    let frame = Frame::of(line, tag_start(line, at - range.start)..line.len(), terms);
    let here = runs(line).filter(|span| span.start > end).find_map(|span| credentials(line, span));
    if let Some((found, span)) = here {
        let told = Told::of(found.account, answer(around, &range, &frame, terms));
        return vec![in_base64(found.secret, range.start + span.start..range.start + span.end, told)];
    }
    for next in around.after(&range).take(reach(&frame)) {
        let shown = around.line(&next);
        for span in runs(shown) {
            let said = terms.speech_start(shown, span.start)..shown.len();
            if span.len() < 6 || !Frame::of(shown, said, terms).continues(&frame, Agreement::Whole) {
                continue;
            }
            if let Some((found, span)) = credentials(shown, span) {
                let told = Told::of(found.account, answer(around, &next, &frame, terms));
                let place = next.start + span.start..next.start + span.end;
                return vec![in_base64(found.secret, place, told)];
            }
        }
        if matches!(reply(shown, &frame, terms), Some(Reply::Accepted | Reply::Rejected)) {
            break;
        }
    }
    Vec::new()
}

fn credentials(line: &[u8], span: Range<usize>) -> Option<(Decoded, Range<usize>)> {
    Some((decode(Decode::SaslPlain, &line[span.clone()], None)?, span))
}
