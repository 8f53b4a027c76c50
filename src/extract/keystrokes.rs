//! What was typed into a terminal: a command that asks for a password, and the line behind it.

use crate::record::audit::typed;
use crate::record::view::is_text;

/// The account, where the command names one, and what was answered.
pub type Answer = (Option<Vec<u8>>, Vec<u8>);

/// The first command that is sure to ask, and its answer.
pub fn dialogue(keys: &[u8]) -> Option<Answer> {
    let text = typed(keys);
    let mut lines = text.split(|&b| b == b'\n');
    while let Some(line) = lines.next() {
        if let Some(account) = asks(line) {
            let answer = lines.next().filter(|answer| is_text(answer))?;
            return Some((account, answer.to_vec()));
        }
    }
    None
}

/// The first line that says anything.
pub fn answer(keys: &[u8]) -> Option<Answer> {
    let text = typed(keys);
    text.split(|&b| b == b'\n').find(|line| is_text(line)).map(|line| (None, line.to_vec()))
}

/// Whether a command asks for a password whatever happened before, and for whose. `sudo` and `ssh` may not.
fn asks(command: &[u8]) -> Option<Option<Vec<u8>>> {
    let words: Vec<&[u8]> = command.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    let (&program, arguments) = words.split_first()?;
    let program = program.rsplit(|&b| b == b'/').next()?;
    let option = |name: &[u8]| arguments.iter().position(|word| *word == name).map(|i| arguments.get(i + 1));
    let name = || arguments.iter().find(|word| !word.starts_with(b"-")).map(|word| word.to_vec());
    match program {
        b"su" => Some(Some(name().unwrap_or_else(|| b"root".to_vec()))),
        b"kinit" if option(b"-k").is_none() && option(b"-t").is_none() => Some(name()),
        b"mysql" | b"mariadb" | b"mysqldump" | b"mysqladmin" => {
            option(b"-p").or_else(|| option(b"--password"))?;
            let glued = || arguments.iter().find_map(|word| word.strip_prefix(b"-u").filter(|name| !name.is_empty()));
            Some(option(b"-u").flatten().copied().or_else(glued).map(<[u8]>::to_vec))
        }
        b"ldapsearch" | b"ldapadd" | b"ldapmodify" | b"ldapwhoami" => {
            option(b"-W")?;
            Some(option(b"-D").flatten().map(|name| name.to_vec()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(keys: &str) -> Option<(Option<String>, String)> {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        dialogue(keys.as_bytes()).map(|(account, secret)| (account.map(text), text(secret)))
    }

    #[test]
    fn the_line_behind_a_command_that_asks_is_the_answer() {
        for (keys, account, secret) in [
            ("ls\nsu - mokoye\nClementine 17\nid\n", Some("mokoye"), "Clementine 17"),
            ("/bin/su\nhunter2\n", Some("root"), "hunter2"),
            ("kinit anna@EXAMPLE.ORG\nQuince-19\n", Some("anna@EXAMPLE.ORG"), "Quince-19"),
            ("mysql -ubrinkm -p shop\nHerbst\n", Some("brinkm"), "Herbst"),
            (
                "ldapsearch -x -W -D cn=anna,dc=example -b dc=example\nQuince-19\n",
                Some("cn=anna,dc=example"),
                "Quince-19",
            ),
        ] {
            assert_eq!(read(keys), Some((account.map(str::to_owned), secret.to_owned())), "{keys}");
        }
        for keys in
            ["sudo ls\nls -la\n", "mysql shop\nselect 1;\n", "ssh anna@srv1\nuptime\n", "sum x\ny\n", "su -\n", ""]
        {
            assert_eq!(read(keys), None, "{keys}");
        }
    }
}
