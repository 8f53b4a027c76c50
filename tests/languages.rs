//! The keys of passwords and accounts in the languages that people log in, in the scripts that they write them.

use std::sync::Arc;

use logleak::exposure::{Exposure, Findings, Place};
use logleak::terms::Dismissal;
use logleak::{RuleSet, Scanner};

/// Language, key of the account, key of the password.
const KEYS: &[(&str, &str, &str)] = &[
    ("English", "username", "password"),
    ("German", "Benutzername", "Passwort"),
    ("German", "Anmeldename", "Kennwort"),
    ("Dutch", "gebruikersnaam", "wachtwoord"),
    ("Danish", "brugernavn", "adgangskode"),
    ("Norwegian", "brukernavn", "passord"),
    ("Swedish", "användarnamn", "lösenord"),
    ("Finnish", "käyttäjätunnus", "salasana"),
    ("Icelandic", "notandanafn", "lykilorð"),
    ("Estonian", "kasutajanimi", "parool"),
    ("Estonian", "kasutaja", "salasõna"),
    ("Latvian", "lietotājvārds", "parole"),
    ("Lithuanian", "vartotojas", "slaptažodis"),
    ("French", "utilisateur", "mot_de_passe"),
    ("French", "identifiant", "mdp"),
    ("French", "nom d'utilisateur", "mot de passe"),
    ("Spanish", "usuario", "contraseña"),
    ("Spanish", "usuario", "clave"),
    ("Catalan", "usuari", "contrasenya"),
    ("Portuguese", "usuário", "senha"),
    ("Portuguese", "utilizador", "palavra-passe"),
    ("Italian", "utente", "parola"),
    ("Romanian", "utilizator", "parolă"),
    ("Polish", "użytkownik", "hasło"),
    ("Czech", "uživatel", "heslo"),
    ("Slovak", "používateľ", "heslo"),
    ("Hungarian", "felhasználó", "jelszó"),
    ("Slovene", "uporabnik", "geslo"),
    ("Croatian", "korisnik", "lozinka"),
    ("Serbian", "корисник", "лозинка"),
    ("Bosnian", "korisnik", "lozinka"),
    ("Turkish", "kullanıcı", "şifre"),
    ("Turkish", "kullanıcı_adı", "parola"),
    ("Greek", "χρήστης", "κωδικός"),
    ("Russian", "логин", "пароль"),
    ("Russian", "Пользователь", "Пароль"),
    ("Ukrainian", "користувач", "пароль"),
    ("Belarusian", "карыстальнік", "пароль"),
    ("Bulgarian", "потребител", "парола"),
    ("Chinese", "用户名", "密码"),
    ("Chinese", "用戶名", "密碼"),
    ("Chinese", "账号", "登录密码"),
    ("Chinese", "帳號", "口令"),
    ("Japanese", "ユーザー名", "パスワード"),
    ("Japanese", "ログインID", "暗証番号"),
    ("Korean", "아이디", "비밀번호"),
    ("Korean", "사용자", "암호"),
    ("Arabic", "المستخدم", "كلمة_المرور"),
    ("Arabic", "اسم المستخدم", "كلمة المرور"),
    ("Persian", "نام کاربری", "رمز عبور"),
    ("Persian", "کاربر", "گذرواژه"),
    ("Urdu", "صارف", "پاسورڈ"),
    ("Hebrew", "משתמש", "סיסמה"),
    ("Hebrew", "שם משתמש", "סיסמא"),
    ("Hindi", "उपयोगकर्ता", "पासवर्ड"),
    ("Bengali", "ব্যবহারকারী", "পাসওয়ার্ড"),
    ("Tamil", "பயனர்", "கடவுச்சொல்"),
    ("Thai", "ผู้ใช้", "รหัสผ่าน"),
    ("Thai", "ชื่อผู้ใช้", "รหัสผ่าน"),
    ("Vietnamese", "tài khoản", "mật khẩu"),
    ("Vietnamese", "tai_khoan", "mat_khau"),
    ("Indonesian", "pengguna", "kata_sandi"),
    ("Malay", "nama pengguna", "kata laluan"),
    ("Filipino", "username", "password"),
    ("Swahili", "mtumiaji", "nenosiri"),
    ("Georgian", "მომხმარებელი", "პაროლი"),
    ("Armenian", "օգտատեր", "գաղտնաբառ"),
    ("Albanian", "përdoruesi", "fjalëkalimi"),
    ("Macedonian", "корисник", "лозинка"),
    ("Kazakh", "пайдаланушы", "құпиясөз"),
];

/// Writes an account and a password under their keys.
type Write = fn(&str, &str) -> String;

/// How the two fields are written.
const SYNTAXES: &[(&str, Write)] = &[
    ("equals", |account, password| format!("DEBUG {}=hkaram {}=Plover-82 ok", joined(account), joined(password))),
    ("colon", |account, password| format!("{account}: hkaram\n{password}: Plover-82")),
    ("json", |account, password| format!(r#"{{"{account}":"hkaram","{password}":"Plover-82"}}"#)),
    ("full-width colon", |account, password| format!("{account}：hkaram\n{password}：Plover-82")),
    ("full-width equals", |account, password| {
        format!("{}＝hkaram、{}＝Plover-82。", joined(account), joined(password))
    }),
    ("right to left", |account, password| format!("\u{200f}{account}: hkaram\n\u{200f}{password}: Plover-82\u{200f}")),
];

/// Words of one key without blanks.
fn joined(key: &str) -> String {
    key.replace([' ', '\''], "_")
}

#[test]
fn keys_of_many_languages_are_read_in_their_scripts() {
    let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
    let fingerprint = scanner.fingerprint("Plover-82".as_bytes());
    let mut missed = Vec::new();
    for (syntax, write) in SYNTAXES {
        for (language, account, password) in KEYS {
            let mut found = Found(Vec::new());
            scanner.scan_into("a.log", write(account, password).as_bytes(), &mut found);
            let named = |exposure: &&Exposure| {
                exposure.account.as_ref().is_some_and(|account| account.key.identity == "hkaram")
            };
            match found.0.iter().find(|exposure| exposure.fingerprints.contains(&fingerprint)) {
                Some(exposure) if named(&exposure) => {}
                Some(_) => missed.push(format!("{syntax}, {language}: {account} is not read as the account")),
                None => missed.push(format!("{syntax}, {language}: {password} is not read ({} found)", found.0.len())),
            }
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
    let languages: std::collections::BTreeSet<&str> = KEYS.iter().map(|(language, _, _)| *language).collect();
    assert!(languages.len() >= 40, "{} languages", languages.len());
}

/// Words that begin or end like those of [`KEYS`] and name no password.
#[test]
fn words_of_other_languages_stay_silent() {
    let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
    for text in [
        "senhor=silva parolees=4 gesloten=ja",
        "passagem: ida, passeio: domingo",
        "密码：******** 密码强度：弱 忘记密码？",
        "пароль: **** забыли пароль? паролей=3",
        "パスワード：●●●●●● パスワードを忘れた場合",
        "slaptažodis=**** hasło=[FILTERED]",
        "Mot de passe oublié ? mot_de_passe=********",
        "رمز الدولة: +966",
    ] {
        let mut found = Found(Vec::new());
        scanner.scan_into("a.log", text.as_bytes(), &mut found);
        assert_eq!(found.0.len(), 0, "{text}");
    }
}

struct Found(Vec<Exposure>);

impl Findings for Found {
    fn expose(&mut self, exposure: Exposure) {
        self.0.push(exposure);
    }

    fn dismiss(&mut self, _: Dismissal) {}

    fn window(&mut self, _: &Arc<Place>, _: u64, _: u64) {}
}
