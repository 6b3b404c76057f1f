//! How wide text is, and optional colour. What is printed says the same without it.

use anstyle::{AnsiColor, Style as Ansi};

use crate::layout::WIDTH;

/// The narrowest page, in columns.
const NARROWEST: usize = 60;
/// The widest page, in columns.
const WIDEST: usize = 120;

/// How text is laid out and decorated.
///
/// ```
/// use scproof_report::{Role, Style};
/// assert_eq!(Style::plain().paint(Role::Bad, "BLOCKED"), "BLOCKED");
/// assert_ne!(Style::coloured().paint(Role::Bad, "BLOCKED"), "BLOCKED");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    coloured: bool,
    width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self::plain()
    }
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
    /// Text without escape sequences, [`WIDTH`] columns wide.
    pub fn plain() -> Self {
        Self { coloured: false, width: WIDTH }
    }

    /// Text with ANSI escape sequences, [`WIDTH`] columns wide.
    pub fn coloured() -> Self {
        Self { coloured: true, width: WIDTH }
    }

    /// The same for a page of so many columns; at least 60, as narrower pages are harder to read than wrapped ones, and
    /// at most 120, as the eye loses longer lines.
    ///
    /// ```
    /// use scproof_report::Style;
    /// assert_eq!(Style::plain().with_width(200).width(), 120);
    /// ```
    #[must_use]
    pub fn with_width(self, columns: usize) -> Self {
        Self { width: columns.clamp(NARROWEST, WIDEST), ..self }
    }

    /// How wide the page is, in columns.
    pub fn width(self) -> usize {
        self.width
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
