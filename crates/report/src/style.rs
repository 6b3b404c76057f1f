//! Optional colour. What is printed says the same without it.

use anstyle::{AnsiColor, Style as Ansi};

/// How text is decorated.
///
/// ```
/// use scproof_report::{Role, Style};
/// assert_eq!(Style::plain().paint(Role::Bad, "BLOCKED"), "BLOCKED");
/// assert_ne!(Style::coloured().paint(Role::Bad, "BLOCKED"), "BLOCKED");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    coloured: bool,
}

/// What a piece of text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What passes.
    Good,
    /// What is blocked or wrong.
    Bad,
    /// What is open or odd.
    Open,
    /// A heading.
    Heading,
    /// What matters less.
    Faint,
}

impl Style {
    /// Text without escape sequences.
    pub fn plain() -> Self {
        Self { coloured: false }
    }

    /// Text with ANSI escape sequences.
    pub fn coloured() -> Self {
        Self { coloured: true }
    }

    /// Whether escape sequences are written.
    pub fn is_coloured(self) -> bool {
        self.coloured
    }

    /// The text, decorated if this style has colour.
    pub fn paint(self, role: Role, text: &str) -> String {
        if !self.coloured || text.is_empty() {
            return text.to_owned();
        }
        let ansi = match role {
            Role::Good => Ansi::new().bold().fg_color(Some(AnsiColor::Green.into())),
            Role::Bad => Ansi::new().bold().fg_color(Some(AnsiColor::Red.into())),
            Role::Open => Ansi::new().bold().fg_color(Some(AnsiColor::Yellow.into())),
            Role::Heading => Ansi::new().bold(),
            Role::Faint => Ansi::new().dimmed(),
        };
        format!("{ansi}{text}{ansi:#}")
    }
}
