//! A statement in a few lines: its own words, long lists cut to what concerns the question.

use scproof_policy_parser::{ActionElement, Condition, ResourceElement, Statement, WildcardPattern};

use crate::doc::{Block, Fact};

/// How many patterns or values of one list are shown.
const SHOWN: usize = 4;

/// The elements of a statement one by one, those action patterns first that match the action asked about.
pub(crate) fn facts(statement: &Statement, action: &str) -> Block {
    let mut facts: Vec<Fact> = Vec::new();
    let unreadable = || "(unreadable)".to_owned();
    let mut element = |name: &'static str, text: String| facts.push(Fact::codes(name, vec![text]));
    element("Effect", statement.effect.map_or_else(unreadable, |effect| effect.as_str().to_owned()));
    match &statement.action {
        Some(actions) => element(if actions.negated { "NotAction" } else { "Action" }, action_words(actions, action)),
        None => element("Action", unreadable()),
    }
    match &statement.resource {
        Some(resources) => {
            element(if resources.negated { "NotResource" } else { "Resource" }, resource_words(resources));
        }
        None => element("Resource", unreadable()),
    }
    match &statement.condition {
        Some(conditions) => {
            for (index, condition) in conditions.iter().enumerate() {
                element(if index == 0 { "Condition" } else { "and" }, condition_words(condition));
            }
        }
        None => element("Condition", unreadable()),
    }
    Block::Facts(facts)
}

/// Whether the action element of a statement covers an action, as far as the look of its patterns tells.
pub(crate) fn names_action(element: &ActionElement, action: &str) -> bool {
    element.patterns.iter().any(|pattern| concerns(&pattern.text, action)) != element.negated
}

fn concerns(pattern: &str, action: &str) -> bool {
    WildcardPattern::flat(&pattern.to_ascii_lowercase()).is_match(&action.to_ascii_lowercase())
}

fn action_words(element: &ActionElement, action: &str) -> String {
    let concerns = |text: &str| concerns(text, action);
    let mut texts: Vec<&str> = element.patterns.iter().map(|pattern| pattern.text.as_str()).collect();
    // Stable: the order of the policy otherwise.
    texts.sort_by_key(|text| !concerns(text));
    let matching = texts.iter().filter(|text| concerns(text)).count();
    list_words(&texts, if matching == 0 { SHOWN } else { matching.min(SHOWN) })
}

fn resource_words(element: &ResourceElement) -> String {
    let texts: Vec<&str> = element.patterns.iter().map(|pattern| pattern.text.as_str()).collect();
    list_words(&texts, SHOWN)
}

fn condition_words(condition: &Condition) -> String {
    let values = condition.values.as_ref().map_or_else(
        || "(unreadable)".to_owned(),
        |values| list_words(&values.iter().map(|value| value.text.as_str()).collect::<Vec<_>>(), SHOWN),
    );
    let mark = if condition.operator.is_none() { " (unreadable)" } else { "" };
    format!("{}{mark} {}: {values}", condition.operator_text, condition.key)
}

/// The first few of a list; one more than a few is shown too, as "1 more" would take as much room.
fn list_words(texts: &[&str], most: usize) -> String {
    let shown = if texts.len() == most + 1 && most > 1 { texts.len() } else { most.min(texts.len()) };
    let mut words: Vec<String> =
        texts.iter().take(shown).map(|text| if text.is_empty() { "\"\"" } else { text }.to_owned()).collect();
    if texts.len() > shown {
        words.push(format!("… {} more", texts.len() - shown));
    }
    words.join(", ")
}
