//! Condition values by the family of their operator (VAR-4, VAR-5, OP-9, OP-10, OP-12, OP-16, OP-22, OP-30, SET-16,
//! DOC-28).

use std::ops::Range;

use scproof_text::{Node, Route, Value, Wording, quoted};

use crate::codes;
use crate::condition::{BaseOperator, ConditionOperator, ConditionValue, OperatorFamily};
use crate::operand::{AddressBlock, AddressReading, DateReading, Decimal, decode_base64, parse_bool, parse_date};
use crate::parse::Walker;
use crate::template::{Template, TemplatePart};

/// One value under a known operator, and where it stands.
#[derive(Clone, Copy)]
struct Operand<'v> {
    route: Route<'v>,
    span: &'v Range<usize>,
    text: &'v str,
    base: BaseOperator,
}

impl Walker<'_> {
    /// Checks one value under a known operator.
    pub(crate) fn check_value(
        &mut self,
        route: Route<'_>,
        span: &Range<usize>,
        text: &str,
        operator: ConditionOperator,
    ) {
        let operand = Operand { route, span, text, base: operator.base };
        let family = operator.base.family();
        if text.contains("${") {
            self.check_operand_variables(operand);
            if self.variables && family != OperatorFamily::Arn {
                return;
            }
        }
        match family {
            OperatorFamily::String => {}
            OperatorFamily::Numeric if Decimal::parse(text).is_some() => {}
            OperatorFamily::Numeric => self.malformed(operand, "a number such as `10` or `0.5`"),
            OperatorFamily::Bool | OperatorFamily::Null if parse_bool(text).is_some() => {}
            OperatorFamily::Bool => self.malformed(operand, "`true` or `false`"),
            OperatorFamily::Binary if decode_base64(text).is_some() => {}
            OperatorFamily::Binary => self.malformed(operand, "base64 text"),
            OperatorFamily::Null => self.sink.report(codes::BAD_NULL_VALUE, route, span, || {
                Wording::new(format!("{} is no value of `Null`", quoted(text)))
                    .expected("`true` (the key is absent) or `false` (the key is present)")
            }),
            OperatorFamily::Date => self.check_date(operand),
            OperatorFamily::IpAddress => self.check_address(operand),
            OperatorFamily::Arn => self.check_arn_value(operand),
        }
    }

    fn check_operand_variables(&mut self, Operand { route, span, text, base }: Operand<'_>) {
        match base.family() {
            OperatorFamily::String | OperatorFamily::Arn => self.check_variables(route, span, text),
            OperatorFamily::Bool if self.variables => {
                self.check_variables(route, span, text);
                self.sink.report(codes::VARIABLE_IN_BOOL, route, span, || {
                    Wording::new("AWS's pages disagree on whether `Bool` takes policy variables")
                });
            }
            OperatorFamily::Numeric
            | OperatorFamily::Date
            | OperatorFamily::Binary
            | OperatorFamily::IpAddress
            | OperatorFamily::Null
                if self.variables =>
            {
                self.sink.report(codes::VARIABLE_NOT_SUPPORTED, route, span, || {
                    Wording::new(format!("`{}` does not take policy variables", base.as_str()))
                        .expected("a plain value")
                });
            }
            // In a document of the old version the text is no variable, and is checked like any other.
            OperatorFamily::Numeric
            | OperatorFamily::Date
            | OperatorFamily::Bool
            | OperatorFamily::Binary
            | OperatorFamily::IpAddress
            | OperatorFamily::Null => {}
        }
    }

    fn malformed(&mut self, Operand { route, span, text, base }: Operand<'_>, expected: &str) {
        self.sink.report(codes::MALFORMED_OPERAND, route, span, || {
            let consequence =
                if base.is_negated() { "and AWS does not say what then holds" } else { "so it matches nothing" };
            Wording::new(format!("`{}` cannot read the value {}, {consequence}", base.as_str(), quoted(text)))
                .expected(expected)
        });
    }

    fn check_date(&mut self, operand: Operand<'_>) {
        let Operand { route, span, text, .. } = operand;
        let Some((seconds, _)) = parse_date(text, DateReading::default()) else {
            self.malformed(operand, "a date such as `2026-01-31T00:00:00Z`, or seconds since 1970");
            return;
        };
        let is_epoch = text.bytes().all(|byte| byte.is_ascii_digit());
        if is_epoch && text.len() == 13 {
            self.sink.report(codes::DATE_MILLISECONDS, route, span, || {
                Wording::new(format!("{} looks like milliseconds but is read as seconds", quoted(text)))
                    .help(format!("write `{}` if milliseconds are meant", seconds / 1000))
            });
        } else if is_epoch && text.len() == 4 {
            self.sink.report(codes::DATE_FOUR_DIGITS, route, span, || {
                Wording::new(format!("{} may be read as a year or as seconds since 1970", quoted(text)))
                    .help(format!("write {} for the year", quoted(&format!("{text}-01-01"))))
            });
        } else if parse_date(text, DateReading { zone_required: true, ..DateReading::default() }).is_none() {
            self.sink.report(codes::DATE_ZONE, route, span, || {
                Wording::new(format!("the time {} has no zone", quoted(text)))
                    .help(format!("write {} if UTC is meant", quoted(&format!("{text}Z"))))
            });
        }
    }

    fn check_address(&mut self, operand: Operand<'_>) {
        let Operand { route, span, text, .. } = operand;
        if AddressBlock::parse(text, AddressReading::default()).is_none() {
            self.malformed(operand, "an IPv4 or IPv6 address, or a block such as `203.0.113.0/24`");
        } else if text.contains(':') && !text.contains('/') {
            self.sink.report(codes::IPV6_WITHOUT_LENGTH, route, span, || {
                Wording::new(format!("the IPv6 address {} has no prefix length", quoted(text)))
                    .help(format!("write {} for the one address", quoted(&format!("{text}/128"))))
            });
        }
    }

    /// Six components, split outside variables (VAR-2); only stars is a case of its own (OP-22).
    fn check_arn_value(&mut self, operand: Operand<'_>) {
        let Operand { route, span, text, .. } = operand;
        if !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
            self.sink.report(codes::ARN_ONLY_STARS, route, span, || {
                Wording::new(format!("{} is no ARN and may match every ARN or none", quoted(text)))
                    .expected("an ARN pattern of six components, such as `arn:*:iam::*:role/*`")
            });
            return;
        }
        let template = Template::parse(text, self.variables, false);
        let colons = template.parts.iter().map(|part| match part {
            TemplatePart::Literal(literal) => literal.bytes().filter(|&byte| byte == b':').count(),
            TemplatePart::Run
            | TemplatePart::One
            | TemplatePart::Escape(_)
            | TemplatePart::Variable { .. }
            | TemplatePart::Malformed(_) => 0,
        });
        if !template.is_malformed() && colons.sum::<usize>() < 5 {
            self.malformed(operand, "an ARN of six components, such as `arn:aws:iam::*:role/Admin`");
        }
    }

    /// Checks all values of one key together.
    pub(crate) fn check_values(
        &mut self,
        route: Route<'_>,
        node: &Node<'_>,
        values: &[ConditionValue],
        operator: Option<ConditionOperator>,
    ) {
        if matches!(&node.value, Value::Array(elements) if elements.is_empty()) {
            self.sink.report(codes::EMPTY_VALUE_LIST, route, &node.span, || {
                Wording::new("the list of values is empty").expected("at least one value")
            });
        }
        if values.windows(2).any(|pair| matches!(pair, [a, b] if a.kind != b.kind)) {
            self.sink.report(codes::MIXED_VALUE_TYPES, route, &node.span, || {
                Wording::new("the values have different JSON types").help("put all of them into double quotes")
            });
        }
        let says = |wanted: bool| values.iter().any(|value| parse_bool(&value.text) == Some(wanted));
        if !(says(true) && says(false)) {
            return;
        }
        match operator.map(|operator| operator.base) {
            Some(BaseOperator::Bool) => self.sink.report(codes::BOOL_BOTH, route, &node.span, || {
                Wording::new("`Bool` with both `true` and `false` is met by every request that has the key")
                    .expected("one of `true` and `false`")
                    .help("use `Null` to ask whether the key is there")
            }),
            Some(BaseOperator::Null) => self.sink.report(codes::NULL_BOTH, route, &node.span, || {
                Wording::new("`Null` with both `true` and `false` is always met").expected("one of `true` and `false`")
            }),
            _ => {}
        }
    }
}
