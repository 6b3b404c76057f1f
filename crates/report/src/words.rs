//! Conditions in words: the only place where a predicate becomes a sentence.
//!
//! Everything that policies say is made safe for a terminal here; Markdown and HTML do the rest. Words of different
//! predicates differ, as long as lists of values are not cut; they are cut only as far as the conditions that are told
//! together stay apart.

mod condition;

use std::collections::BTreeSet;

use scproof_evaluator::{Decision, Open, Predicate, PredicateAtom};
use scproof_organization::{NodeId, Organization, PolicyIndex};

use crate::layout::clean;
use condition::{Joint, atom_words};

/// Longer lists of values are cut where text is written.
const SHOWN_VALUES: usize = 5;

/// Makes words of predicates, with the names of an organization.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a> {
    organization: &'a Organization,
    /// How many values of a list are shown.
    most: usize,
}

/// A line of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// How far it is indented.
    pub(crate) depth: usize,
    /// What it says.
    pub(crate) text: String,
    /// Whether it is a condition; else it says how those below belong together.
    pub(crate) is_condition: bool,
}

impl Line {
    pub(crate) fn words(depth: usize, text: impl Into<String>) -> Self {
        Self { depth, text: text.into(), is_condition: false }
    }
}

impl<'a> Words<'a> {
    /// Words with all values.
    pub(crate) fn full(organization: &'a Organization) -> Self {
        Self { organization, most: usize::MAX }
    }

    /// Words in which long lists of values are cut, and counted, as far as all these predicates stay apart.
    pub(crate) fn short<'p>(
        organization: &'a Organization,
        told_together: impl IntoIterator<Item = &'p Predicate>,
    ) -> Self {
        let atoms: BTreeSet<&PredicateAtom> = told_together.into_iter().flat_map(Predicate::atoms).collect();
        let longest = atoms.iter().map(|atom| list_of(atom).len()).max().unwrap_or(0);
        let mut most = SHOWN_VALUES;
        while most < longest {
            let told: BTreeSet<String> = atoms.iter().map(|atom| atom_words(atom, false, most).0).collect();
            if told.len() == atoms.len() {
                break;
            }
            most = most.saturating_mul(2);
        }
        Self { organization, most }
    }

    /// The predicate as a sentence without full stop: `aws:SourceVpc is vpc-1 and (a is b or c is d)`.
    pub(crate) fn sentence(&self, predicate: &Predicate) -> String {
        self.told(predicate).0
    }

    /// The parts that must all hold, a sentence each.
    pub(crate) fn clauses(&self, predicate: &Predicate) -> Vec<String> {
        let parts = predicate.conjuncts();
        if parts.is_empty() {
            vec![self.sentence(predicate)]
        } else {
            parts.iter().map(|it| self.sentence(it)).collect()
        }
    }

    /// The predicate as an indented list.
    pub(crate) fn lines(&self, predicate: &Predicate) -> Vec<Line> {
        let mut lines = Vec::new();
        match predicate {
            Predicate::All(parts) if parts.is_empty() => lines.push(Line::words(0, "always")),
            Predicate::Any(parts) if parts.is_empty() => lines.push(Line::words(0, "never")),
            Predicate::All(parts) => self.list("all of these hold", parts, 0, &mut lines),
            Predicate::Any(parts) => self.list("one of these holds", parts, 0, &mut lines),
            Predicate::Not(_) | Predicate::Atom(_) | Predicate::Open(_) => self.write(predicate, 0, &mut lines),
        }
        lines
    }

    fn write(&self, predicate: &Predicate, depth: usize, lines: &mut Vec<Line>) {
        match predicate {
            Predicate::All(parts) if !parts.is_empty() => self.list("all of", parts, depth, lines),
            Predicate::Any(parts) if !parts.is_empty() => self.list("one of", parts, depth, lines),
            Predicate::All(_) | Predicate::Any(_) | Predicate::Not(_) | Predicate::Atom(_) | Predicate::Open(_) => {
                lines.push(Line { depth, text: self.sentence(predicate), is_condition: true });
            }
        }
    }

    fn list(&self, words: &str, parts: &[Predicate], depth: usize, lines: &mut Vec<Line>) {
        lines.push(Line::words(depth, words));
        for part in parts {
            self.write(part, depth + 1, lines);
        }
    }

    /// On what an open verdict depends, as a sentence without full stop; see
    /// [`Explanation::depends_on`](scproof_evaluator::Explanation).
    pub(crate) fn depends_on(&self, decision: Decision, condition: &Predicate) -> String {
        let condition = self.sentence(condition);
        if decision == Decision::Deny {
            format!("denied either way: implicitly if {condition}, else explicitly")
        } else {
            format!("denied unless {condition}")
        }
    }

    fn told(&self, predicate: &Predicate) -> (String, Joint) {
        match predicate {
            Predicate::All(parts) if parts.is_empty() => ("always".to_owned(), Joint::None),
            Predicate::Any(parts) if parts.is_empty() => ("never".to_owned(), Joint::None),
            Predicate::All(parts) => (self.joined(parts, " and ", Joint::Or), Joint::And),
            Predicate::Any(parts) => (self.joined(parts, " or ", Joint::And), Joint::Or),
            Predicate::Atom(atom) => atom_words(atom, false, self.most),
            Predicate::Open(open) => (self.open(open, false), Joint::None),
            Predicate::Not(inside) => match &**inside {
                Predicate::Atom(atom) => atom_words(atom, true, self.most),
                Predicate::Open(open) => (self.open(open, true), Joint::None),
                Predicate::All(_) | Predicate::Any(_) | Predicate::Not(_) => {
                    (format!("not ({})", self.sentence(inside)), Joint::None)
                }
            },
        }
    }

    /// Sentences put together; those that fall apart beside others stand in brackets.
    fn joined(&self, parts: &[Predicate], between: &str, apart: Joint) -> String {
        let told = parts.iter().map(|part| match self.told(part) {
            (words, joint) if joint == apart => format!("({words})"),
            (words, _) => words,
        });
        told.collect::<Vec<_>>().join(between)
    }

    fn open(&self, open: &Open, opposite: bool) -> String {
        let either = |holds: &'static str, fails: &'static str| if opposite { fails } else { holds };
        match open {
            Open::Statement { policy, statement } => format!(
                "{}, which could not be read, {}",
                self.statement(*policy, *statement),
                either("applies", "does not apply")
            ),
            Open::Condition { operator, key } => {
                let holds = either("holds", "does not hold");
                format!("the unreadable condition `{}` on {} {holds}", clean(operator), clean(key))
            }
            Open::Action { policy, statement, rules } => format!(
                "the action pattern of {} {} ({})",
                self.statement(*policy, *statement),
                either("matches", "does not match"),
                rules.join(", ")
            ),
            Open::Reading { of, rules } => {
                let open = either("it is open", "it is not open");
                format!("{open} whether {} ({})", self.sentence(of), rules.join(", "))
            }
            Open::Attachments(node) => self.attachments(*node, either("block", "do not block")),
            Open::Membership { account } => format!(
                "account {}, which the snapshot lacks, is {} (a listing could not be read)",
                clean(account),
                either("a member and blocked", "no member or not blocked")
            ),
            Open::Checked { resource } if resource == "*" => {
                format!("the call names {} resource", either("no", "some"))
            }
            Open::Checked { resource } => {
                format!("the call is {} checked against {}", either("also", "not"), clean(resource))
            }
            Open::Applies { rule: "EXM-2" } => {
                format!("SCPs are {} while the call is made (EXM-2)", either("enabled", "not enabled"))
            }
            Open::Applies { rule } => {
                format!("SCPs {} to the caller, which AWS leaves open ({rule})", either("apply", "do not apply"))
            }
        }
    }

    fn attachments(&self, node: NodeId, blocks: &str) -> String {
        let node = self.organization.node(node);
        let name = clean(node.display_name());
        if node.place_unknown {
            format!("the policies that apply to {name}, whose place could not be read, {blocks} it")
        } else {
            format!("the policies attached to {name}, which could not be read, {blocks} it")
        }
    }

    fn statement(&self, policy: PolicyIndex, statement: usize) -> String {
        let policy = self.organization.policy(policy);
        format!("{} of policy {}", policy.document.statement_path(statement), clean(policy.display_name()))
    }
}

/// A condition as a sentence without full stop, with all values; names are those of the organization that was asked
/// about.
///
/// ```
/// use scproof_evaluator::Predicate;
/// # let organization = scproof_organization::Organization::load("../../fixtures/organizations/example.json")?;
/// let condition = Predicate::absent("aws:SourceVpce").not();
/// assert_eq!(scproof_report::condition_words(&organization, &condition), "aws:SourceVpce is present");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn condition_words(organization: &Organization, condition: &Predicate) -> String {
    Words::full(organization).sentence(condition)
}

/// A described condition as it is told: what its alternatives share stands once.
pub(crate) fn told(when: &Predicate) -> Predicate {
    let told = when.factored().simplified();
    if told.is_never() { when.clone() } else { told }
}

fn list_of(atom: &PredicateAtom) -> &[String] {
    match atom {
        PredicateAtom::Key(atom) => &atom.values,
        PredicateAtom::Resource(atom) => &atom.patterns,
        PredicateAtom::Caller(_) => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use scproof_evaluator::symbolic::CallerKind;
    use scproof_policy_parser::{BaseOperator, ConditionOperator, SetPrefix};

    use super::*;

    fn organization() -> Organization {
        let text = r#"{
            "Format": "scproof-inventory/1",
            "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL"},
            "Roots": [{"Id": "r-ab12", "Name": "Root"}],
            "OrganizationalUnits": [], "Accounts": [], "Policies": [], "Attachments": []
        }"#;
        Organization::from_json(text).expect("it is whole")
    }

    fn on(key: &str, operator: &str, values: &[&str]) -> Predicate {
        Predicate::compares(key, ConditionOperator::parse(operator).expect("AWS has it"), values)
    }

    fn of(operator: &str, values: &[&str]) -> Predicate {
        on("k:x", operator, values)
    }

    fn words(predicate: &Predicate) -> String {
        condition_words(&organization(), predicate)
    }

    #[test]
    fn k3_17_a_condition_and_its_opposite_say_when_the_key_may_be_absent() {
        let check = |operator: &str, values: &[&str], holds: &str, fails: &str| {
            let condition = of(operator, values);
            assert_eq!(
                (words(&condition), words(&condition.not())),
                (holds.to_owned(), fails.to_owned()),
                "{operator}"
            );
        };
        check("StringNotEquals", &["a"], "k:x is not a or is absent", "k:x is a");
        check("StringEquals", &["a", "b"], "k:x is one of a, b", "k:x is none of a, b or is absent");
        check("BoolIfExists", &["false"], "k:x is false or is absent", "k:x is present and is not false");
        check("Null", &["true"], "k:x is absent", "k:x is present");
        check("ForAllValues:StringEquals", &["a"], "every value of k:x, if any, is a", "some value of k:x is not a");
        check(
            "ForAnyValue:StringNotLike",
            &["a*"],
            "some value of k:x is not like a*",
            "every value of k:x, if any, is like a*",
        );
        check("NumericLessThan", &["5"], "k:x is less than 5", "k:x is not less than 5 or is absent");
        check("StringEquals", &["", "a b"], "k:x is one of \"\", \"a b\"", "k:x is none of \"\", \"a b\" or is absent");
        check("StringEquals", &["true"], "k:x is the text true", "k:x is not the text true or is absent");
        assert_eq!(words(&of("StringNotEquals", &["a"]).of_present_keys()), "k:x is not a");
    }

    #[test]
    fn what_is_compared_as_text_and_what_as_an_arn() {
        let role = "arn:aws:iam::*:role/B";
        let told = |key, operator| words(&on(key, operator, &[role]));
        assert_eq!(told("aws:PrincipalArn", "ArnNotLike"), format!("aws:PrincipalArn is not like {role} or is absent"));
        assert_eq!(told("aws:PrincipalArn", "StringLike"), format!("aws:PrincipalArn is like the text {role}"));
        assert_eq!(told("aws:UserAgent", "StringLike"), format!("aws:UserAgent is like {role}"));
        assert_eq!(told("aws:UserAgent", "ArnEquals"), format!("aws:UserAgent is like the ARN {role}"));
    }

    #[test]
    fn brackets_stand_where_a_sentence_would_fall_apart() {
        let (a, b, c) = (of("StringEquals", &["a"]), of("StringNotEquals", &["b"]), on("k:y", "Bool", &["true"]));
        let all = Predicate::All(vec![c.clone(), b.clone()]);
        assert_eq!(words(&all), "k:y is true and (k:x is not b or is absent)");
        let any = Predicate::Any(vec![a.clone(), all]);
        assert_eq!(words(&any), "k:x is a or (k:y is true and (k:x is not b or is absent))");
        assert_eq!(words(&Predicate::ALWAYS), "always");
        let lines = Words::full(&organization()).lines(&Predicate::All(vec![c, Predicate::Any(vec![a, b])]));
        let lines: Vec<String> = lines.iter().map(|line| "  ".repeat(line.depth) + &line.text).collect();
        assert_eq!(
            lines,
            ["all of these hold", "  k:y is true", "  one of", "    k:x is a", "    k:x is not b or is absent"]
        );
    }

    #[test]
    fn long_lists_are_cut_as_far_as_conditions_stay_apart() {
        let organization = organization();
        let values = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let long = of("StringEquals", &values);
        let told = |together: &[&Predicate]| Words::short(&organization, together.iter().copied()).sentence(&long);
        assert_eq!(told(&[&long]), "k:x is one of a, b, c, d, e and 3 more");
        assert_eq!(words(&long), "k:x is one of a, b, c, d, e, f, g, h");
        // One that would read alike.
        let other = of("StringEquals", &["a", "b", "c", "d", "e", "f", "g", "i"]);
        assert_eq!(told(&[&long, &other]), words(&long));
        assert_eq!(told(&[&long, &of("StringLike", &values)]), "k:x is one of a, b, c, d, e and 3 more");
    }

    /// Texts that look like words of ours, or hide their ends.
    const ODD: [&str; 9] =
        ["true", "a, b", "\"\"", "a\\", "x and 2 more", "\u{202e}", "${aws:username}", "5", "the text a"];

    fn atom() -> impl Strategy<Value = Predicate> {
        let text = prop_oneof![
            4 => "[a-c*]{0,2}",
            1 => prop::sample::select(ODD.to_vec()).prop_map(str::to_owned),
        ];
        let key = prop::sample::select(vec!["k:x", "k:y", "aws:PrincipalArn", "k:x is a or k:y"]);
        let set = prop::sample::select(vec![None, Some(SetPrefix::ForAllValues), Some(SetPrefix::ForAnyValue)]);
        // `ArnEquals` means what `ArnLike` means, in words too (OP-19).
        let bases = BaseOperator::ALL.iter().copied();
        let bases: Vec<BaseOperator> =
            bases.filter(|base| !matches!(base, BaseOperator::ArnEquals | BaseOperator::ArnNotEquals)).collect();
        let operator = (set, prop::sample::select(bases), any::<bool>()).prop_map(|(set, base, if_exists)| {
            ConditionOperator { set, base, if_exists: if_exists && base != BaseOperator::Null }
        });
        let kind = prop::sample::select(CallerKind::ALL.to_vec()).prop_map(Predicate::caller);
        let compared = (key, operator, prop::collection::vec(text, 0..9)).prop_map(|(key, operator, values)| {
            Predicate::compares(key, operator, &values.iter().map(String::as_str).collect::<Vec<_>>())
        });
        (prop_oneof![20 => compared, 1 => kind], any::<bool>())
            .prop_map(|(atom, not)| if not { atom.not() } else { atom })
    }

    fn predicate() -> impl Strategy<Value = Predicate> {
        atom().prop_recursive(3, 8, 3, |inner| {
            let parts = prop::collection::vec(inner, 0..3);
            (parts, any::<bool>())
                .prop_map(|(parts, all)| if all { Predicate::all(parts) } else { Predicate::any(parts) })
        })
    }

    proptest! {
        #[test]
        fn words_of_different_predicates_differ(
            predicates in prop::collection::vec(prop_oneof![predicate(), atom()], 120),
        ) {
            let organization = organization();
            let words = Words::full(&organization);
            let mut told: BTreeMap<String, &Predicate> = BTreeMap::new();
            for predicate in &predicates {
                let other = told.entry(words.sentence(predicate)).or_insert(predicate);
                prop_assert_eq!(*other, predicate);
            }
        }
    }
}
