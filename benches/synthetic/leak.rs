//! Lines that leak a password, and whose it is.

use std::fmt;

use super::piece::{Base64, Clock, Hex, Piece, Random, Two, put};

/// What a line gave away.
pub struct Leak {
    /// Whose password.
    pub account: Name,
    /// Which syntax carried it.
    pub shape: &'static str,
}

/// A syntax, and how a line of it is written.
pub type Shape = (&'static str, fn(&mut Random, &Clock, Name, &mut Vec<u8>) -> Name);

/// The commonest first.
pub const SHAPES: &[Shape] = &[
    ("url_query", url_query),
    ("json", json),
    ("logfmt", logfmt),
    ("http_basic", http_basic),
    ("form", form),
    ("json_md5", json_md5),
    ("connection_string", connection_string),
];

/// Appends a line of one of the shapes, about this person or one of the [`PEOPLE`].
pub fn push(shapes: &[Shape], person: Option<u32>, random: &mut Random, clock: &Clock, out: &mut Vec<u8>) -> Leak {
    let (shape, write) = random.pick(shapes);
    let person = person.unwrap_or_else(|| random.below(PEOPLE));
    let account = write(random, clock, Name { person, form: Form::Username }, out);
    Leak { account, shape }
}

fn url_query(random: &mut Random, clock: &Clock, name: Name, out: &mut Vec<u8>) -> Name {
    put!(out; random.address(), " - - [", clock.access(), "] \"GET /login?user=", name, "&password=");
    put!(out; Password::new(random), " HTTP/1.1\" 302 ", random.below(900), " \"-\" \"okhttp/5.3.2\"");
    name
}

fn json(random: &mut Random, clock: &Clock, name: Name, out: &mut Vec<u8>) -> Name {
    let name = name.as_form(Form::Email);
    put!(out; "{\"ts\":\"", clock.iso(), "\",\"level\":\"debug\",\"msg\":\"request body\",\"email\":\"", name);
    put!(out; "\",\"password\":\"", Password::new(random), "\",\"remember\":true}");
    name
}

fn logfmt(random: &mut Random, clock: &Clock, name: Name, out: &mut Vec<u8>) -> Name {
    put!(out; "ts=", clock.iso(), " level=debug svc=auth msg=\"login attempt\" user=", name, " password=");
    put!(out; Password::new(random), " ip=", random.address(), " ms=", random.below(900));
    name
}

fn http_basic(random: &mut Random, clock: &Clock, name: Name, out: &mut Vec<u8>) -> Name {
    let mut pair = Vec::with_capacity(64);
    put!(&mut pair; name, ":", Password::new(random));
    put!(out; clock.iso(), " DEBUG [http-", random.below(64), "] > Authorization: Basic ", Base64(&pair));
    put!(out; " (GET /v1/account)");
    name
}

fn form(random: &mut Random, clock: &Clock, name: Name, out: &mut Vec<u8>) -> Name {
    put!(out; clock.iso(), " DEBUG form body: grant_type=password&username=", name.as_form(Form::EncodedEmail));
    put!(out; "&password=", Password::new(random), "&scope=read&state=", Hex(random.next()));
    name.as_form(Form::Email)
}

fn json_md5(random: &mut Random, clock: &Clock, name: Name, out: &mut Vec<u8>) -> Name {
    put!(out; "{\"ts\":\"", clock.iso(), "\",\"level\":\"debug\",\"table\":\"users\",\"op\":\"insert\",\"login\":\"");
    put!(out; name, "\",\"password\":\"", Hex(random.next()), Hex(random.next()), "\"}");
    name
}

fn connection_string(random: &mut Random, clock: &Clock, name: Name, out: &mut Vec<u8>) -> Name {
    put!(out; clock.iso(), " ERROR [pool-", random.below(16), "] cannot connect to postgres://", name, ":");
    put!(out; Password::new(random), "@db-", Two(random.below(8)), ".example.com:5432/shop: timeout after 3000 ms");
    name
}

const GIVEN: &[&str] = &[
    "ada", "alan", "amina", "anton", "astrid", "bela", "bruno", "carla", "cheng", "clara", "dario", "dora", "elif",
    "emil", "esther", "farid", "fatou", "felix", "greta", "hana", "hugo", "ida", "igor", "ines", "ivan", "jana",
    "jorge", "judith", "kai", "karin", "kofi", "lars", "leila", "lena", "liam", "lucia", "malik", "maria", "marta",
    "mei", "milan", "nadia", "nils", "nora", "olga", "omar", "oscar", "paula", "pedro", "petra", "quinn", "rosa",
    "samir", "sofia", "tarek", "thea", "tomas", "uma", "vera", "yusuf",
];
const FAMILY: &[&str] = &[
    "adeyemi", "alvarez", "andersen", "baker", "banerjee", "bauer", "becker", "bianchi", "castro", "chen", "costa",
    "diallo", "dubois", "eriksen", "evans", "farah", "fischer", "fontana", "garcia", "gruber", "gupta", "haddad",
    "hansen", "horvat", "ibrahim", "ito", "ivanova", "jansen", "jovic", "kaya", "keller", "kim", "kowalski", "kumar",
    "larsen", "lehmann", "lopez", "marin", "martin", "meyer", "mokoena", "moreau", "moretti", "nagy", "nakamura",
    "nguyen", "novak", "nowak", "okafor", "olsen", "ortiz", "osei", "park", "pereira", "petrov", "popescu", "ramos",
    "reid", "romano", "rossi", "sato", "schmidt", "silva", "singh", "smith", "sokolov", "suzuki", "tanaka", "torres",
    "vargas", "virtanen", "wagner", "weber", "yilmaz", "zhang",
];
const NUMBERS: u32 = 30;
const PEOPLE: u32 = GIVEN.len() as u32 * FAMILY.len() as u32 * NUMBERS;
const _: () = assert!(PEOPLE == 135_000);

/// What a person is called in one place.
#[derive(Clone, Copy)]
pub struct Name {
    person: u32,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    Username,
    Email,
    /// With `%40`.
    EncodedEmail,
}

impl Name {
    fn as_form(self, form: Form) -> Self {
        Self { form, ..self }
    }
}

impl Piece for Name {
    fn put(&self, out: &mut Vec<u8>) {
        let (rest, number) = (self.person / NUMBERS, self.person % NUMBERS);
        let (family, given) = (rest as usize / GIVEN.len(), rest as usize % GIVEN.len());
        put!(out; GIVEN[given], ".", FAMILY[family % FAMILY.len()], Two(number));
        // Beyond the usual people there is a second of each, a third, and so on.
        let namesake = (family / FAMILY.len()) as u32;
        if namesake > 0 {
            put!(out; ".", namesake);
        }
        match self.form {
            Form::Username => return,
            Form::Email => out.push(b'@'),
            Form::EncodedEmail => put!(out; "%40"),
        }
        put!(out; ["example.com", "example.org", "example.net"][self.person as usize % 3]);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::with_capacity(64);
        self.put(&mut out);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

const WORDS: &[&str] = &[
    "Summer", "winter", "Dragon", "monkey", "Berlin", "letmein", "Football", "shadow", "Sunshine", "qwerty", "Charlie",
    "hunter", "Flower", "killer", "Pepper", "tiger", "Cookie", "banana", "Orange", "purple", "Welcome", "secret",
    "Master", "trust", "Snoopy", "ginger", "Arsenal", "maggie", "Mustang", "batman", "Coffee", "hockey",
];

/// What people really choose: a word, a number, sometimes a mark. None of its characters has a meaning in a URL.
struct Password {
    word: &'static str,
    number: u32,
    mark: &'static str,
}

impl Password {
    fn new(random: &mut Random) -> Self {
        Self {
            word: random.pick(WORDS),
            number: random.below(10_000),
            mark: random.pick(&["", "", "!", ".", "_", "-"]),
        }
    }
}

impl Piece for Password {
    fn put(&self, out: &mut Vec<u8>) {
        put!(out; self.word, self.number, self.mark);
    }
}
