//! Condition values by the family of their operator (VAR-4, VAR-5, OP-9, OP-10, OP-12, OP-16, OP-22, OP-30, SET-16, DOC-28).

use std::ops::Range;

use crate::codes;
use crate::condition::{BaseOperator, ConditionOperator, ConditionValue, OperatorFamily};
use crate::json::{Node, Value};
use crate::operand::{AddressBlock, AddressReading, DateReading, Decimal, decode_base64, parse_bool, parse_date};
use crate::parse::Walker;
use crate::sink::{Route, Wording, quoted};
use crate::template::{Template, TemplatePart};

impl Walker<'_> {
    /// Checks one value under a known operator.
    pub(crate) fn check_value(
        &mut self,
        route: Route<'_>,
        span: &Range<usize>,
        text: &str,
        operator: ConditionOperator,
    ) {
        let family = operator.base.family();
        if text.contains("${") {
            self.check_value_variables(route, span, text, operator);
            if self.variables && !matches!(family, OperatorFamily::Arn) {
                return;
            }
        }
        match family {
            OperatorFamily::String => {}
            OperatorFamily::Numeric => {
                self.malformed_unless(
                    Decimal::parse(text).is_some(),
                    route,
                    span,
                    text,
                    "a number such as `10` or `0.5`",
                );
            }
            OperatorFamily::Date => self.check_date(route, span, text),
            OperatorFamily::Bool => {
                self.malformed_unless(parse_bool(text).is_some(), route, span, text, "`true` or `false`");
            }
            OperatorFamily::Binary => {
                self.malformed_unless(decode_base64(text).is_some(), route, span, text, "base64 text");
            }
            OperatorFamily::IpAddress => self.check_address(route, span, text),
            OperatorFamily::Arn => self.check_arn_value(route, span, text),
            OperatorFamily::Null => {
                if parse_bool(text).is_none() {
                    self.sink.report(codes::BAD_NULL_VALUE, route, span, || {
                        Wording::new(format!("{} is no value of `Null`", quoted(text)))
                            .expected("`true` (the key is absent) or `false` (the key is present)")
                    });
                }
            }
        }
    }

    fn check_value_variables(
        &mut self,
        route: Route<'_>,
        span: &Range<usize>,
        text: &str,
        operator: ConditionOperator,
    ) {
        match operator.base.family() {
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
                    Wording::new(format!("`{}` does not take policy variables", operator.base.as_str()))
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

    fn malformed_unless(
        &mut self,
        is_well_formed: bool,
        route: Route<'_>,
        span: &Range<usize>,
        text: &str,
        expected: &str,
    ) {
        if !is_well_formed {
            self.sink.report(codes::MALFORMED_OPERAND, route, span, || {
                Wording::new(format!("the operator cannot read the value {}, so it matches nothing", quoted(text)))
                    .expected(expected)
            });
        }
    }

    fn check_date(&mut self, route: Route<'_>, span: &Range<usize>, text: &str) {
        let parsed = parse_date(text, DateReading::default());
        self.malformed_unless(
            parsed.is_some(),
            route,
            span,
            text,
            "a date such as `2026-01-31T00:00:00Z`, or seconds since 1970",
        );
        let Some((seconds, _)) = parsed else { return };
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

    fn check_address(&mut self, route: Route<'_>, span: &Range<usize>, text: &str) {
        let parsed = AddressBlock::parse(text, AddressReading::default());
        self.malformed_unless(
            parsed.is_some(),
            route,
            span,
            text,
            "an IPv4 or IPv6 address, or a block such as `203.0.113.0/24`",
        );
        if parsed.is_some() && text.contains(':') && !text.contains('/') {
            self.sink.report(codes::IPV6_WITHOUT_LENGTH, route, span, || {
                Wording::new(format!("the IPv6 address {} has no prefix length", quoted(text)))
                    .help(format!("write {} for the one address", quoted(&format!("{text}/128"))))
            });
        }
    }

    /// Six components, split outside variables (VAR-2); only stars is a case of its own (OP-22).
    fn check_arn_value(&mut self, route: Route<'_>, span: &Range<usize>, text: &str) {
        if !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
            self.sink.report(codes::ARN_ONLY_STARS, route, span, || {
                Wording::new(format!("{} is no ARN and may match every ARN or none", quoted(text)))
                    .expected("an ARN pattern of six components, such as `arn:*:iam::*:role/*`")
            });
            return;
        }
        let template = Template::parse(text, self.variables, false);
        if template.is_malformed() {
            return;
        }
        let colons = template.parts.iter().map(|part| match part {
            TemplatePart::Literal(literal) => literal.bytes().filter(|&byte| byte == b':').count(),
            TemplatePart::Run
            | TemplatePart::One
            | TemplatePart::Escape(_)
            | TemplatePart::Variable { .. }
            | TemplatePart::Malformed(_) => 0,
        });
        let is_arn = colons.sum::<usize>() >= 5;
        self.malformed_unless(
            is_arn,
            route,
            span,
            text,
            "an ARN of six components, such as `arn:aws:iam::*:role/Admin`",
        );
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
