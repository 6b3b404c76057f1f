//! Condition operators and keys (DOC-25, DOC-29 to DOC-32, SET-12, SET-16).

use std::ops::Range;

use scproof_text::{Fix, Member, Route, Wording, did_you_mean, nearest, quoted, slips};

use super::global_key::{self, GlobalKey};
use crate::codes;
use crate::condition::{BaseOperator, ConditionOperator, SetPrefix};
use crate::parse::Walker;

const SET_PREFIXES: [&str; 2] = ["ForAllValues", "ForAnyValue"];

impl Walker<'_> {
    /// Checks the name of an operator; `earlier`: the same operator written in other letter case before.
    pub(crate) fn check_operator(
        &mut self,
        route: Route<'_>,
        block: &Member<'_>,
        operator: Option<ConditionOperator>,
        earlier: Option<&str>,
    ) {
        let name = &*block.name;
        let (here, span) = (route.key(name), &block.name_span);
        if let Some(earlier) = earlier {
            self.sink.report(codes::DUPLICATE_OPERATOR, here, span, || {
                Wording::new(format!(
                    "the operator {} is {} in other letter case, so both hold together",
                    quoted(name),
                    quoted(earlier)
                ))
                .help("merge the two")
            });
        }
        if let Some(operator) = operator {
            let proper = operator.to_string();
            if proper != name {
                self.sink.report(codes::OPERATOR_CASE, here, span, || {
                    Wording::new(format!("the operator {} is written in other letter case than AWS's", quoted(name)))
                        .expected(format!("`{proper}`"))
                        .maybe_fix(earlier.is_none().then(|| Fix::string(span.clone(), &proper)))
                });
            }
            if operator.base == BaseOperator::Null && operator.set.is_some() {
                self.sink.report(codes::NULL_SET_PREFIX, here, span, || {
                    Wording::new("`Null` asks about the key itself, so the set prefix has no meaning")
                        .expected("`Null`")
                });
            }
            return;
        }
        self.unknown_operator(here, span, name);
    }

    fn unknown_operator(&mut self, here: Route<'_>, span: &Range<usize>, name: &str) {
        let (prefix, rest) = match name.split_once(':') {
            Some((prefix, rest)) => (Some(prefix), rest),
            None => (None, name),
        };
        let is_known = |prefix: &str| SET_PREFIXES.iter().any(|known| known.eq_ignore_ascii_case(prefix));
        if let Some(prefix) = prefix.filter(|prefix| !is_known(prefix)) {
            self.sink.report(codes::UNKNOWN_SET_PREFIX, here, span, || {
                Wording::new(format!("unknown set prefix {}", quoted(prefix)))
                    .expected("`ForAllValues:` or `ForAnyValue:`")
                    .maybe_help(did_you_mean(prefix, SET_PREFIXES))
                    .maybe_fix(
                        only_near(prefix, SET_PREFIXES)
                            .map(|near| Fix::string(span.clone(), &format!("{near}:{rest}"))),
                    )
            });
        } else if rest.eq_ignore_ascii_case("NullIfExists") {
            self.sink.report(codes::NULL_IF_EXISTS, here, span, || {
                Wording::new("`Null` cannot be combined with `IfExists`").expected("`Null`")
            });
        } else {
            self.sink.report(codes::UNKNOWN_OPERATOR, here, span, || {
                let (stem, suffix) = rest.strip_suffix("IfExists").map_or((rest, ""), |stem| (stem, "IfExists"));
                let near = nearest(stem, BaseOperator::ALL.iter().map(|base| base.as_str()));
                let set = prefix.map_or_else(String::new, |prefix| format!("{prefix}:"));
                Wording::new(format!("unknown condition operator {}", quoted(name)))
                    .expected("an operator such as `StringEquals`")
                    .maybe_help(near.map(|near| format!("did you mean `{set}{near}{suffix}`?")))
                    .maybe_fix(
                        only_near(stem, BaseOperator::ALL.iter().map(|base| base.as_str()))
                            .map(|near| Fix::string(span.clone(), &format!("{set}{near}{suffix}"))),
                    )
            });
        }
    }

    /// Checks the name of a condition key under an operator.
    pub(crate) fn check_key(&mut self, route: Route<'_>, member: &Member<'_>, operator: Option<ConditionOperator>) {
        let key = &*member.name;
        let (here, span) = (route.key(key), &member.name_span);
        if self.variables && key.contains("${") {
            self.misplaced_variable(here, span, "the name of a condition key");
            return;
        }
        let is_key = key.trim() == key
            && key.split_once(':').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty());
        if !is_key {
            self.sink.report(codes::BAD_CONDITION_KEY, here, span, || {
                Wording::new(format!("{} is no condition key", quoted(key)))
                    .expected("`prefix:name`, such as `aws:PrincipalArn`")
            });
            return;
        }
        self.check_global_key(here, span, key);
        let set = operator.filter(|operator| operator.base != BaseOperator::Null).and_then(|operator| operator.set);
        if let Some(set) = set
            && global_key::is_multivalued(key) == Some(false)
        {
            self.sink.report(codes::SET_ON_SINGLE_VALUE, here, span, || {
                let wording = Wording::new(format!(
                    "`{}` has no use on {}, which has one value at most",
                    set.as_str(),
                    quoted(key)
                ));
                wording.help(match set {
                    SetPrefix::ForAllValues => {
                        "delete the prefix: with it the condition is also true if the key is absent"
                    }
                    SetPrefix::ForAnyValue => "delete the prefix",
                })
            });
        }
    }

    /// Checks that an `aws:` key exists (DOC-31, DOC-32).
    pub(crate) fn check_global_key(&mut self, here: Route<'_>, span: &Range<usize>, key: &str) {
        match global_key::look_up(key) {
            GlobalKey::WithoutTag => self.sink.report(codes::MISSING_TAG_KEY, here, span, || {
                let stem = key.trim_end_matches('/');
                Wording::new(format!("{} does not name a tag, so no request ever has it", quoted(key)))
                    .expected(format!("{} with the tag's key", quoted(&format!("{stem}/"))))
            }),
            GlobalKey::Unknown => self.sink.report(codes::UNKNOWN_GLOBAL_KEY, here, span, || {
                Wording::new(format!("{} is not among the global condition keys that AWS documents", quoted(key)))
                    .maybe_help(did_you_mean(key, global_key::names()))
            }),
            GlobalKey::Known { .. } | GlobalKey::Other => {}
        }
    }
}

/// The one candidate that a name is but for letter case and one slip, if there is no other.
fn only_near<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let name = name.to_ascii_lowercase();
    let is_near = |candidate: &&str| slips(&name, &candidate.to_ascii_lowercase(), 1).is_some();
    let mut near = candidates.into_iter().filter(is_near);
    near.next().filter(|_| near.next().is_none())
}
