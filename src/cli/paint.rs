//! Colours, where a person sees them: never in a pipe or a file, and never against `NO_COLOR`.

use std::io::IsTerminal;

/// Puts text in bold or in the background, or leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paint(bool);

impl Paint {
    /// For what is written to `stream`.
    pub(super) fn on(stream: &impl IsTerminal) -> Self {
        // <https://no-color.org>: any value but none.
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self(stream.is_terminal() && !unwanted && !dumb)
    }

    /// What is read first.
    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What is read last.
    pub(super) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    /// What must not be overlooked.
    pub(super) fn alarm(self, text: &str) -> String {
        self.with("1;31", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log of a CI job has no terminal: not one escape may stand in it.
    #[test]
    fn what_is_no_terminal_has_no_colours() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(Paint::on(&file), Paint(false));
        assert_eq!(Paint(false).alarm("x"), "x");
        assert_eq!(Paint(true).bold("x"), "\u{1b}[1mx\u{1b}[0m");
    }
}
