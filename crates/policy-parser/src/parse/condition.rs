//! The `Condition` block: operators, keys, values.

use std::collections::BTreeMap;

use scproof_text::{Member, Node, Route, Value, Wording, quoted};

use super::Walker;
use crate::codes;
use crate::condition::{Condition, ConditionOperator, ConditionValue, ValueKind};

impl Walker<'_> {
    /// Reads the value of `Condition`; `None` if it is no object.
    pub(super) fn conditions(&mut self, route: Route<'_>, node: &Node<'_>) -> Option<Vec<Condition>> {
        let Value::Object(blocks) = &node.value else {
            self.condition_not_object(route, node, "an object of condition operators");
            return None;
        };
        if blocks.is_empty() {
            self.empty_condition(route, node, "the `Condition` is empty and restricts nothing");
        }
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        for block in blocks {
            *uses.entry(&block.name).or_default() += 1;
        }
        let mut conditions = Vec::new();
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for block in blocks {
            let name = &*block.name;
            let operator = ConditionOperator::parse(name);
            let earlier = seen.get(&name.to_ascii_lowercase()).copied();
            let is_repeated = uses.get(name).is_some_and(|&count| count > 1);
            if earlier == Some(name) {
                self.duplicate_name(route, block);
            } else {
                self.check_operator(route, block, operator, earlier);
                seen.insert(name.to_ascii_lowercase(), name);
                if is_repeated {
                    // Which of the blocks AWS would take is not known: nothing certain is left of the operator (SP-4).
                    conditions.push(unknown_block(name, operator));
                }
            }
            let found = self.block(route, block, operator).filter(|_| !is_repeated);
            match found {
                // An unknown operator without keys still says something unknown (DOC-29).
                Some(found) if !found.is_empty() || operator.is_some() => conditions.extend(found),
                _ if is_repeated => {}
                _ => conditions.push(unknown_block(name, operator)),
            }
        }
        Some(conditions)
    }

    fn condition_not_object(&mut self, route: Route<'_>, node: &Node<'_>, expected: &str) {
        if node.value != Value::Broken {
            self.sink.report(codes::CONDITION_NOT_OBJECT, route, &node.span, || {
                Wording::new(format!("{} stands where an object is required", node.value.type_name()))
                    .expected(expected)
            });
        }
    }

    fn empty_condition(&mut self, route: Route<'_>, node: &Node<'_>, message: &str) {
        self.sink.report(codes::EMPTY_CONDITION, route, &node.span, || {
            Wording::new(message).help("delete it, or add what the statement should depend on")
        });
    }

    /// Reads what stands under one operator; `None` if it is no object.
    fn block(
        &mut self,
        route: Route<'_>,
        block: &Member<'_>,
        operator: Option<ConditionOperator>,
    ) -> Option<Vec<Condition>> {
        let here = route.key(&block.name);
        let Value::Object(keys) = &block.value.value else {
            self.condition_not_object(here, &block.value, "an object of condition keys");
            return None;
        };
        if keys.is_empty() {
            self.empty_condition(here, &block.value, "the operator has no keys and restricts nothing");
        }
        let mut conditions: Vec<Condition> = Vec::new();
        let mut places = BTreeMap::new();
        for member in keys {
            let values = self.values(here.key(&member.name), member, operator);
            self.check_key(here, member, operator);
            let folded = member.name.to_ascii_lowercase();
            if let Some(&place) = places.get(&folded) {
                let earlier: Option<&mut Condition> = conditions.get_mut(place);
                if let Some(earlier) = earlier {
                    if earlier.key == member.name {
                        self.duplicate_name(here, member);
                    } else {
                        self.sink.report(codes::DUPLICATE_KEY_CASE, here.key(&member.name), &member.name_span, || {
                            Wording::new(format!(
                                "the key {} differs from {} only in letter case",
                                quoted(&member.name),
                                quoted(&earlier.key)
                            ))
                            .help("merge the two: condition keys ignore letter case")
                        });
                    }
                    earlier.values = None;
                }
                continue;
            }
            places.insert(folded, conditions.len());
            conditions.push(Condition {
                operator_text: block.name.clone().into_owned(),
                operator,
                key: member.name.clone().into_owned(),
                values,
            });
        }
        Some(conditions)
    }

    /// Reads the values of one key; `None` if any has no meaning.
    fn values(
        &mut self,
        route: Route<'_>,
        member: &Member<'_>,
        operator: Option<ConditionOperator>,
    ) -> Option<Vec<ConditionValue>> {
        let node = &member.value;
        let mut all_readable = true;
        let mut values = Vec::new();
        for (route, item) in node.items(&route) {
            let (text, kind) = match &item.value {
                Value::String(text) => (&**text, ValueKind::String),
                Value::Number(token) => (*token, ValueKind::Number),
                Value::Bool(true) => ("true", ValueKind::Bool),
                Value::Bool(false) => ("false", ValueKind::Bool),
                Value::Null | Value::Object(_) | Value::Array(_) => {
                    all_readable = false;
                    self.sink.report(codes::BAD_CONDITION_VALUE, route, &item.span, || {
                        Wording::new(format!("{} cannot be a condition value", item.value.type_name()))
                            .expected("a string, a number, a boolean, or a list of them")
                    });
                    continue;
                }
                Value::Broken => {
                    all_readable = false;
                    continue;
                }
            };
            if let Some(operator) = operator {
                self.check_value(route, &item.span, text, operator);
            }
            values.push(ConditionValue { text: text.to_owned(), kind });
        }
        self.check_values(route, node, &values, operator);
        all_readable.then_some(values)
    }
}

fn unknown_block(operator_text: &str, operator: Option<ConditionOperator>) -> Condition {
    Condition { operator_text: operator_text.to_owned(), operator, key: String::new(), values: None }
}
