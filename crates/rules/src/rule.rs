//! What a rule is.

/// How grave a finding is: what it does to an organization. (How serious a fault of a *text* is, the parser calls
/// severity.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Risk {
    /// Worth knowing.
    Info,
    /// Tidy up.
    Low,
    /// Probably not what was meant.
    Medium,
    /// A control is not in force, or something that should work cannot.
    High,
}

impl Risk {
    /// All, the gravest first.
    pub const ALL: [Self; 4] = [Self::High, Self::Medium, Self::Low, Self::Info];

    /// The stable spelling of machine formats and of the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|risk| risk.as_str() == text)
    }
}

impl std::fmt::Display for Risk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a rule must see, and so which commands can run it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LooksAt {
    /// A policy text and the catalog: `validate`, `simulate` for what a change brings, and `audit`.
    Document,
    /// The tree with its policies: `audit`.
    Organization,
    /// What passes with and without a part: `audit` of a whole organization.
    Proof,
}

/// A rule: what it looks for, and why that matters. `docs/findings.md` and the rules of SARIF are written from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// A stable kebab-case code, such as `unsatisfiable-guard`.
    pub code: &'static str,
    /// How grave what it finds is, at most.
    pub risk: Risk,
    /// What it must see.
    pub looks_at: &'static [LooksAt],
    /// What it looks for, in a few words: `A guard that no call can satisfy`.
    pub title: &'static str,
    /// What is so and why it matters, as Markdown without headings: the text of its section.
    pub text: &'static str,
    /// How to repair it, as Markdown.
    pub remedy: &'static str,
    /// When the risk is another one, as Markdown that follows the word; may be empty.
    pub risk_note: &'static str,
    /// What shows that it is so: `proof`, `witness` or `snapshot`, and what that depends on.
    pub evidence: &'static str,
    /// What exactly is looked for, as a Markdown sentence that begins behind "found if"; empty if the text says it.
    pub found_if: &'static str,
    /// The rules of `docs/semantics.md` behind it.
    pub semantics: &'static [&'static str],
}

impl Rule {
    /// The text or the remedy without the marks of Markdown, for formats that have none.
    pub fn plain(text: &str) -> String {
        let mut plain = String::with_capacity(text.len());
        let mut rest = text;
        // `[words](address)` becomes its words.
        while let Some((before, words, after)) = link(rest) {
            plain.push_str(before);
            plain.push_str(words);
            rest = after;
        }
        plain.push_str(rest);
        // A star within code stays.
        let parts = plain.split('`').enumerate();
        let parts = parts.map(|(at, part)| if at % 2 == 0 { part.replace('*', "") } else { part.to_owned() });
        parts.collect::<Vec<String>>().join("`")
    }
}

/// The first link of a text: what is before it, its words, and what follows.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (head, address) = text.split_once("](")?;
    let (before, words) = head.rsplit_once('[')?;
    let (_, after) = address.split_once(')')?;
    Some((before, words, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_no_links() {
        assert_eq!(Rule::plain("see [`a`](a.md#b) and *c*"), "see `a` and c");
        assert_eq!(Rule::plain("no link ](here"), "no link ](here");
        assert_eq!(Rule::plain("*all* of `a:*`"), "all of `a:*`");
    }
}
