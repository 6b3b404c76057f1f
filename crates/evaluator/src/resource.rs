//! `Resource` and `NotResource`: ARN patterns against the resource of a request (C.3).

use std::sync::Arc;

use scproof_policy_parser::{CharacterUnit, ResourceElement, Template, TemplatePart, WildcardPattern};

use crate::resource_type::TypePattern;
use crate::state::{KeyState, Value};
use crate::template::{self, Fold, TemplateMode};
use crate::trace::{Evaluation, KeySlot, Reasons, SlottedTemplate, Trace};
use crate::truth::Truth;
use crate::values::{escape_template, has_upper_prefix, static_pattern, unit_readings};

/// Unsure rules that leave something open.
type Rules = Box<[&'static str]>;

/// The resource of one pair of a request (RES-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResourceState {
    Unknown,
    /// Any resource of a type (CALL-3).
    OfType {
        of: Arc<TypePattern>,
        /// What the elements that are concerned, by their numbers, say of all resources of the type, with the unsure
        /// rules behind it.
        truths: Box<[(u32, Truth, Rules)]>,
    },
    /// An ARN, or the literal `*` of an action that takes no resource (RES-3).
    Known {
        value: Value,
        not_scoped: bool,
    },
}

/// A `Resource` or `NotResource` ready to evaluate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CompiledResource {
    pub(crate) negated: bool,
    pub(crate) patterns: Box<[ResourceMatcher]>,
}

/// One pattern in all its readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResourceMatcher {
    /// Only stars: everything (RES-2).
    Any,
    /// A malformed variable (VAR-13).
    Malformed,
    Pattern(Box<Readings>),
}

/// The readings of one pattern, the preferred one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Readings {
    /// A pattern without variables and without any reading but the preferred one for most texts; the fast path.
    pub(crate) plain: Option<WildcardPattern>,
    /// The pattern if it holds nothing but wildcards.
    all_wildcards: Option<WildcardPattern>,
    forms: Box<[Form]>,
    /// Whether the documentation forbids the pattern, so that it may match nothing at all, and the rule (DOC-23,
    /// DOC-24).
    pub(crate) forbidden: Option<&'static str>,
    /// Whether partition, service or region are spelt with capitals (RES-4).
    upper_head: bool,
}

/// One way to lay a pattern out: as written, or with missing components filled or not (DOC-23), or with the escapes of
/// an old document read (DOC-4).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    rule: &'static str,
    template: SlottedTemplate,
    /// Whether each wildcard crosses colons (RES-8, CALL-22).
    widths: Box<[bool]>,
    /// Whether variables before the fifth colon are read as such (CALL-19).
    has_early_variable: bool,
}

impl CompiledResource {
    /// Compiles an element of a document with or without variables.
    pub(crate) fn compile(
        element: &ResourceElement,
        variables: bool,
        untyped_services: &[String],
        slot_of: &mut impl FnMut(&str) -> KeySlot,
    ) -> Self {
        let patterns = element
            .patterns
            .iter()
            .map(|pattern| ResourceMatcher::compile(&pattern.text, variables, untyped_services, slot_of))
            .collect();
        Self { negated: element.negated, patterns }
    }

    /// Whether the element, by its number, matches the resource (RES-10, K3-6, DOC-26).
    pub(crate) fn truth<T: Trace>(&self, id: u32, resource: &ResourceState, eval: &mut Evaluation<'_, T>) -> Truth {
        if let ResourceState::OfType { truths, .. } = resource {
            let found = truths.iter().find(|(element, ..)| *element == id);
            let truth = found.map_or(Truth::Unknown, |(_, truth, _)| *truth);
            if truth == Truth::Unknown {
                eval.trace.resource();
                for rule in found.into_iter().flat_map(|(.., rules)| rules) {
                    eval.trace.unsure(rule);
                }
            }
            return truth;
        }
        if self.patterns.is_empty() {
            return if self.negated { eval.readings("DOC-26", Truth::True, Truth::False) } else { Truth::False };
        }
        let matched = match resource {
            ResourceState::Unknown if self.patterns.contains(&ResourceMatcher::Any) => Truth::True,
            ResourceState::Unknown | ResourceState::OfType { .. } => {
                eval.trace.resource();
                Truth::Unknown
            }
            ResourceState::Known { value, .. } => {
                let mut matched = Truth::False;
                for pattern in &self.patterns {
                    matched = matched.or(pattern.truth(value, eval));
                    if matched == Truth::True {
                        break;
                    }
                }
                matched
            }
        };
        matched.negate_if(self.negated)
    }

    /// Whether the element matches all resources of a type, none, or perhaps some; the patterns' variables as far as
    /// the states tell (K3-6, CALL-3).
    pub(crate) fn relation(&self, of: &TypePattern, states: &[KeyState], assume_preferred: bool) -> (Truth, Rules) {
        let mut evaluation = Evaluation { states, assume_preferred, trace: Reasons::default() };
        let truth = if self.patterns.is_empty() {
            if self.negated { evaluation.readings("DOC-26", Truth::True, Truth::False) } else { Truth::False }
        } else {
            let matched = self.patterns.iter().fold(Truth::False, |matched, pattern| {
                matched.or(match pattern {
                    ResourceMatcher::Any => Truth::True,
                    ResourceMatcher::Malformed => evaluation.open("VAR-13"),
                    ResourceMatcher::Pattern(readings) => readings.relation(of, &mut evaluation),
                })
            });
            matched.negate_if(self.negated)
        };
        let mut rules = evaluation.trace.rules;
        rules.sort_unstable();
        rules.dedup();
        (truth, rules.into())
    }

    /// The keys that its variables name.
    pub(crate) fn slots(&self) -> impl Iterator<Item = KeySlot> {
        let forms = self.patterns.iter().flat_map(|pattern| match pattern {
            ResourceMatcher::Pattern(readings) => &readings.forms[..],
            ResourceMatcher::Any | ResourceMatcher::Malformed => &[],
        });
        forms.flat_map(|form| form.template.slots.iter().copied())
    }

    /// Whether its meaning depends on nothing but the resource, in one reading.
    pub(crate) fn is_exact(&self) -> bool {
        self.patterns.iter().all(|pattern| match pattern {
            ResourceMatcher::Any => true,
            ResourceMatcher::Malformed => false,
            ResourceMatcher::Pattern(readings) => {
                readings.plain.is_some() && readings.forbidden.is_none() && !readings.upper_head
            }
        })
    }

    /// Whether the element matches every request whatever its resource and context.
    pub(crate) fn is_everything(&self) -> bool {
        !self.negated && self.patterns.contains(&ResourceMatcher::Any)
    }
}

impl ResourceMatcher {
    fn compile(
        text: &str,
        variables: bool,
        untyped_services: &[String],
        slot_of: &mut impl FnMut(&str) -> KeySlot,
    ) -> Self {
        if !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
            return Self::Any;
        }
        let template = literal_head(&Template::parse(text, variables, true), variables);
        if template.is_malformed() {
            return Self::Malformed;
        }
        let mut forms = forms_of(text, variables, slot_of);
        // CALL-19: `ARN` in capitals may be one.
        if has_upper_prefix(text) {
            let lower = format!("arn{}", text.get(3..).unwrap_or_default());
            let meant = forms_of(&lower, variables, slot_of);
            forms.extend(meant.into_iter().map(|form| Form { rule: "CALL-19", ..form }));
        }
        let forbidden = if colon_count(&template) < 5 {
            Some("DOC-23")
        } else {
            has_forbidden_wildcard(&template, untyped_services).then_some("DOC-24")
        };
        let upper_head = head_parts(&template).any(|part| part.bytes().any(|byte| byte.is_ascii_uppercase()));
        let first = forms.first();
        let plain = first
            .filter(|form| forms.len() == 1 && form.template.slots.is_empty())
            .map(|form| static_pattern(&form.template.template, &form.widths));
        let all_wildcards = text.bytes().all(|byte| matches!(byte, b'*' | b'?')).then(|| WildcardPattern::flat(text));
        Self::Pattern(Box::new(Readings { plain, all_wildcards, forms: forms.into(), forbidden, upper_head }))
    }

    fn truth<T: Trace>(&self, value: &Value, eval: &mut Evaluation<'_, T>) -> Truth {
        match self {
            Self::Any => Truth::True,
            Self::Malformed => eval.open("VAR-13"),
            Self::Pattern(readings) => readings.truth(value, eval),
        }
    }
}

impl Readings {
    /// The patterns of all readings, resolved by `resolve`.
    pub(crate) fn patterns<E>(
        &self,
        resolve: impl Fn(&SlottedTemplate, &[bool]) -> Result<Vec<WildcardPattern>, E>,
    ) -> Result<Vec<WildcardPattern>, E> {
        let mut patterns = Vec::new();
        for form in &self.forms {
            patterns.extend(resolve(&form.template, &form.widths)?);
            if self.upper_head {
                // RES-4: the same in lower case.
                let template = SlottedTemplate {
                    template: fold_template_head(&form.template.template),
                    slots: form.template.slots.clone(),
                };
                patterns.extend(resolve(&template, &form.widths)?);
            }
        }
        patterns.extend(self.all_wildcards.clone());
        Ok(patterns)
    }

    /// Whether a text has but one reading under this pattern.
    fn is_settled(&self, value: &Value, matched: bool) -> bool {
        let ascii = value.is_ascii || self.plain.as_ref().is_some_and(|pattern| !pattern.has_single_wildcard());
        ascii && if matched { self.forbidden.is_none() } else { !(self.upper_head || value.has_upper_head) }
    }

    /// The same as [`truth`](Self::truth) for all resources of a type.
    fn relation<T: Trace>(&self, of: &TypePattern, eval: &mut Evaluation<'_, T>) -> Truth {
        let Some((first, others)) = self.forms.split_first() else { return Truth::False };
        let mut truth = first.relation(of, false, eval);
        let mut consider = |rule, other: Truth, eval: &mut Evaluation<'_, T>| {
            if truth != Truth::Unknown {
                truth = eval.readings(rule, truth, other);
            }
        };
        if let Some(rule) = self.forbidden {
            consider(rule, Truth::False, eval);
        }
        for (index, form) in std::iter::once(first).chain(others).enumerate() {
            if index > 0 {
                let other = form.relation(of, false, eval);
                consider(form.rule, other, eval);
            }
            if self.upper_head && !form.has_early_variable && !eval.assume_preferred {
                let other = form.relation(of, true, eval);
                consider("RES-4", other, eval);
            }
        }
        truth
    }

    fn truth<T: Trace>(&self, value: &Value, eval: &mut Evaluation<'_, T>) -> Truth {
        if let (Some(all_wildcards), "*") = (&self.all_wildcards, &*value.text) {
            // The literal `*` of an action that takes no resource (RES-3).
            return all_wildcards.is_match("*").into();
        }
        if let Some(pattern) = &self.plain {
            let matched = pattern.is_match(&value.text);
            if eval.assume_preferred || self.is_settled(value, matched) {
                return matched.into();
            }
        }
        let Some((first, others)) = self.forms.split_first() else { return Truth::False };
        let mut truth = first.truth(value, false, eval);
        let mut consider =
            |rule, other: &mut dyn FnMut(&mut Evaluation<'_, T>) -> Truth, eval: &mut Evaluation<'_, T>| {
                if truth != Truth::Unknown {
                    let other = other(eval);
                    truth = eval.readings(rule, truth, other);
                }
            };
        if let Some(rule) = self.forbidden {
            consider(rule, &mut |_| Truth::False, eval);
        }
        for (index, form) in std::iter::once(first).chain(others).enumerate() {
            if index > 0 {
                consider(form.rule, &mut |eval| form.truth(value, false, eval), eval);
            }
            if (self.upper_head || value.has_upper_head) && !form.has_early_variable && !eval.assume_preferred {
                consider("RES-4", &mut |eval| form.truth(value, true, eval), eval);
            }
        }
        truth
    }
}

impl Form {
    fn new(rule: &'static str, template: Template, slot_of: &mut impl FnMut(&str) -> KeySlot) -> Self {
        let template = split_head_colons(template);
        let widths = widths(&template);
        let slots = template.variable_keys().map(slot_of).collect();
        Self { rule, template: SlottedTemplate { template, slots }, widths, has_early_variable: false }
    }

    fn truth<T: Trace>(&self, value: &Value, folded: bool, eval: &mut Evaluation<'_, T>) -> Truth {
        if folded {
            // RES-4: partition, service and region compared ignoring case.
            let text = Value::from(fold_head(&value.text).as_str());
            let template = SlottedTemplate {
                template: fold_template_head(&self.template.template),
                slots: self.template.slots.clone(),
            };
            return Self::run(&template, &self.widths, &text, eval);
        }
        Self::run(&self.template, &self.widths, value, eval)
    }

    /// What the form says of all resources of a type, with partition, service and region in lower case if `folded`
    /// (RES-4).
    fn relation<T: Trace>(&self, of: &TypePattern, folded: bool, eval: &mut Evaluation<'_, T>) -> Truth {
        let template = if folded {
            let template = fold_template_head(&self.template.template);
            &SlottedTemplate { template, slots: self.template.slots.clone() }
        } else {
            &self.template
        };
        if template.slots.is_empty() {
            return of.relation(&static_pattern(&template.template, &self.widths));
        }
        let forms = template::expansions(template, &self.widths, true, eval.states, eval.assume_preferred);
        let Some(forms) = forms else { return Truth::Unknown };
        let truth = |(pattern, open): &(Option<WildcardPattern>, bool)| match pattern {
            None => Truth::False,
            Some(pattern) => match of.relation(pattern) {
                Truth::True if *open => Truth::Unknown,
                truth @ (Truth::False | Truth::Unknown | Truth::True) => truth,
            },
        };
        forms.iter().map(truth).reduce(Truth::agree).unwrap_or(Truth::Unknown)
    }

    fn run<T: Trace>(
        template: &SlottedTemplate,
        widths: &[bool],
        value: &Value,
        eval: &mut Evaluation<'_, T>,
    ) -> Truth {
        unit_readings(value, eval, |unit: CharacterUnit, eval| {
            let mode = TemplateMode { wide: true, wildcards: true, unit, fold: Fold::Exact };
            template::matches(template, widths, &value.text, mode, eval)
        })
    }
}

/// The ways to lay a pattern out, the preferred one first.
fn forms_of(text: &str, variables: bool, slot_of: &mut impl FnMut(&str) -> KeySlot) -> Vec<Form> {
    let written = Template::parse(text, variables, true);
    let template = literal_head(&written, variables);
    let mut forms = Vec::new();
    let colons = colon_count(&template);
    if colons < 5 {
        let mut filled = template.clone();
        for _ in colons..5 {
            filled.parts.extend([TemplatePart::Literal(":".to_owned()), TemplatePart::Run]);
        }
        forms.push(Form::new("DOC-23", filled, slot_of));
        forms.push(Form::new("DOC-23", template.clone(), slot_of));
    } else {
        forms.push(Form::new("", template.clone(), slot_of));
        let has_early = written.variable_keys().count() > template.variable_keys().count();
        if has_early && colon_count(&written) >= 5 {
            forms.push(Form { has_early_variable: true, ..Form::new("CALL-19", written, slot_of) });
        }
    }
    if !variables && let Some(escaped) = escape_template(text, true) {
        forms.push(Form::new("DOC-4", escaped, slot_of));
    }
    forms
}

/// Variables before the fifth colon are literal text, and their colons count (CLR-5).
fn literal_head(template: &Template, variables: bool) -> Template {
    if !variables {
        return template.clone();
    }
    let mut colons = 0;
    let mut parts = Vec::with_capacity(template.parts.len());
    for part in &template.parts {
        let written = match part {
            TemplatePart::Variable { key, default: None } => format!("${{{key}}}"),
            TemplatePart::Variable { key, default: Some(default) } => format!("${{{key}, '{default}'}}"),
            TemplatePart::Escape(character) => format!("${{{character}}}"),
            TemplatePart::Malformed(text) | TemplatePart::Literal(text) => text.clone(),
            TemplatePart::Run | TemplatePart::One => String::new(),
        };
        if colons < 5 && !matches!(part, TemplatePart::Literal(_) | TemplatePart::Run | TemplatePart::One) {
            parts.extend(Template::parse(&written, false, true).parts);
        } else {
            parts.push(part.clone());
        }
        colons += written.matches(':').count();
    }
    Template { parts }
}

fn colon_count(template: &Template) -> usize {
    template
        .parts
        .iter()
        .map(|part| if let TemplatePart::Literal(text) = part { text.matches(':').count() } else { 0 })
        .sum()
}

/// Splits literals after each of the first five colons, so that each part lies in one component.
fn split_head_colons(template: Template) -> Template {
    let mut parts = Vec::with_capacity(template.parts.len() + 5);
    let mut colons = 0;
    for part in template.parts {
        let TemplatePart::Literal(text) = part else {
            parts.push(part);
            continue;
        };
        let mut rest = text.as_str();
        while colons < 5
            && let Some((before, after)) = rest.split_once(':')
        {
            parts.push(TemplatePart::Literal(format!("{before}:")));
            colons += 1;
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(TemplatePart::Literal(rest.to_owned()));
        }
    }
    Template { parts }
}

/// For each part whether its wildcard crosses colons (RES-8): in the sixth component any does (CALL-22).
fn widths(template: &Template) -> Box<[bool]> {
    let mut colons = 0;
    let mut wide = Vec::new();
    for (index, part) in template.parts.iter().enumerate() {
        let starts_colon = |part: &TemplatePart| matches!(part, TemplatePart::Literal(text) if text.starts_with(':'));
        let ends_component = match template.parts.iter().skip(index + 1).find(|part| **part != TemplatePart::Run) {
            None => true,
            Some(next) => starts_colon(next),
        };
        match part {
            TemplatePart::Literal(text) => {
                colons += text.matches(':').count().min(5);
                wide.push(true);
            }
            TemplatePart::Run => {
                wide.push(colons >= 5 || ends_component);
            }
            TemplatePart::One
            | TemplatePart::Escape(_)
            | TemplatePart::Variable { .. }
            | TemplatePart::Malformed(_) => {
                wide.push(colons >= 5);
            }
        }
    }
    wide.into()
}

/// The literal texts of partition, service and region.
fn head_parts(template: &Template) -> impl Iterator<Item = &str> {
    let mut colons = 0;
    template.parts.iter().flat_map(move |part| {
        let text = if let TemplatePart::Literal(text) = part { text.as_str() } else { "" };
        let start = colons;
        colons += text.matches(':').count();
        text.split(':').enumerate().filter(move |(index, _)| (1..4).contains(&(start + index))).map(|(_, piece)| piece)
    })
}

/// Partition, service and region of an ARN with their colons.
fn head_of(text: &str) -> &str {
    text.match_indices(':').nth(3).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

fn fold_head(text: &str) -> String {
    let head = head_of(text);
    let first = head.split_once(':').map_or(head.len(), |(arn, _)| arn.len());
    let (arn, rest) = head.split_at_checked(first).unwrap_or((head, ""));
    let tail = text.get(head.len()..).unwrap_or_default();
    format!("{arn}{}{tail}", rest.to_ascii_lowercase())
}

fn fold_template_head(template: &Template) -> Template {
    let mut colons = 0;
    let parts = template
        .parts
        .iter()
        .map(|part| {
            let TemplatePart::Literal(text) = part else { return part.clone() };
            let folded = if (1..4).contains(&colons) { text.to_ascii_lowercase() } else { text.clone() };
            colons += text.matches(':').count();
            TemplatePart::Literal(folded)
        })
        .collect();
    Template { parts }
}

/// Wildcards where the documentation does not allow them: in the service, or in the resource type (DOC-24).
fn has_forbidden_wildcard(template: &Template, untyped_services: &[String]) -> bool {
    let mut text = String::new();
    for part in &template.parts {
        match part {
            TemplatePart::Literal(literal) => text.push_str(literal),
            TemplatePart::Run => text.push('*'),
            TemplatePart::One => text.push('?'),
            // Neither a wildcard nor a separator.
            TemplatePart::Escape(_) | TemplatePart::Variable { .. } | TemplatePart::Malformed(_) => {
                text.push('\u{fffd}');
            }
        }
    }
    let mut components = text.splitn(6, ':');
    let service = components.nth(2).unwrap_or_default();
    let resource = components.nth(2).unwrap_or_default();
    if service.contains(['*', '?']) {
        return true;
    }
    let typed = !untyped_services.iter().any(|untyped| untyped.eq_ignore_ascii_case(service));
    let kind = resource.split(['/', ':']).next().unwrap_or_default();
    let only_stars = !resource.is_empty() && resource.bytes().all(|byte| byte == b'*');
    typed && !only_stars && kind.contains(['*', '?'])
}
