//! Resource strings (DOC-22 to DOC-25, RES-4).

use std::ops::Range;

use scproof_text::{Fix, Route, Wording, quoted};

use crate::codes;
use crate::parse::Walker;

/// Services with resources whose ARN names no resource type: the part before the first `/` or `:` is a name, and a
/// wildcard in it is ordinary (DOC-24).
const UNTYPED_SERVICES: &[&str] = &[
    "aws-marketplace",
    "codecommit",
    "codepipeline",
    "eventsbilltoaws",
    "execute-api",
    "kinesis",
    "mapcredits",
    "mediaconnect",
    "mgh",
    "neptune-db",
    "s3",
    "servicequotas",
    "sns",
    "sqs",
    "ssm-sap",
    "wafv2",
];

impl Walker<'_> {
    /// Checks one string of `Resource` or `NotResource`.
    pub(crate) fn check_resource(&mut self, route: Route<'_>, span: &Range<usize>, text: &str) {
        if text == "*" {
            return;
        }
        if !text.starts_with("arn:") {
            if self.variables && text.starts_with("${") {
                self.misplaced_variable(route, span, "the first five components of a resource");
                return;
            }
            self.sink.report(codes::BAD_RESOURCE, route, span, || {
                let is_arn = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:"));
                let rest = text.get(4..).filter(|_| is_arn);
                let fix = rest.map(|rest| Fix::string(span.clone(), &format!("arn:{rest}")));
                let help = is_arn.then(|| "write `arn` in lower case".to_owned());
                Wording::new(format!("the resource {} is neither `*` nor an ARN", quoted(text)))
                    .expected("`*` or `arn:partition:service:region:account:resource`")
                    .maybe_help(help)
                    .maybe_fix(fix)
            });
            return;
        }
        let mut components = text.splitn(6, ':');
        let (_arn, partition, service, region) =
            (components.next(), components.next(), components.next(), components.next());
        let (_account, resource) = (components.next(), components.next());
        let head = resource.map_or(text, |resource| text.strip_suffix(resource).unwrap_or(text));
        if self.variables && head.contains("${") {
            self.misplaced_variable(route, span, "the first five components of a resource");
            return;
        }
        self.check_variables(route, span, text);
        let Some(resource) = resource else {
            self.sink.report(codes::INCOMPLETE_ARN, route, span, || {
                Wording::new(format!("the ARN {} has fewer than six components", quoted(text)))
                    .expected("`arn:partition:service:region:account:resource`")
                    .help("write all components; AWS does not say what an SCP with a short ARN means")
            });
            return;
        };
        let service = service.unwrap_or_default();
        if service.contains(['*', '?']) {
            self.sink.report(codes::WILDCARD_SERVICE, route, span, || {
                Wording::new(format!(
                    "the service {} of the ARN has a wildcard, which AWS documents as not allowed",
                    quoted(service)
                ))
                .expected("a service name such as `s3`")
            });
        } else {
            self.check_resource_type(route, span, service, resource);
        }
        let upper = [partition, Some(service), region]
            .into_iter()
            .flatten()
            .find(|component| component.bytes().any(|byte| byte.is_ascii_uppercase()));
        if let Some(component) = upper {
            self.sink.report(codes::UPPER_CASE_ARN, route, span, || {
                Wording::new(format!("the component {} of the ARN has upper-case letters", quoted(component)))
                    .expected("partition, service and region in lower case")
                    .maybe_fix(Some(Fix::string(span.clone(), &lower_case(text))))
            });
        }
    }

    fn check_resource_type(&mut self, route: Route<'_>, span: &Range<usize>, service: &str, resource: &str) {
        let is_any = !resource.is_empty() && resource.bytes().all(|byte| byte == b'*');
        let is_untyped = UNTYPED_SERVICES.iter().any(|name| name.eq_ignore_ascii_case(service));
        if is_any || is_untyped {
            return;
        }
        let typed = if self.variables { resource.split("${").next().unwrap_or_default() } else { resource };
        let kind = typed.split(['/', ':']).next().unwrap_or_default();
        if kind.contains(['*', '?']) {
            self.sink.report(codes::WILDCARD_RESOURCE_TYPE, route, span, || {
                Wording::new(format!(
                    "the resource type {} of the ARN has a wildcard, which AWS documents as not allowed",
                    quoted(kind)
                ))
                .expected("a resource type without wildcards, such as `role` in `role/*`")
            });
        }
    }
}

/// The ARN with its partition, service and Region in lower case.
fn lower_case(arn: &str) -> String {
    let mut components = arn.splitn(5, ':');
    let head: Vec<String> = components.by_ref().take(4).map(str::to_ascii_lowercase).collect();
    head.into_iter().chain(components.map(str::to_owned)).collect::<Vec<String>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::UNTYPED_SERVICES;

    #[test]
    fn doc_24_the_list_is_that_of_the_catalog() {
        assert_eq!(UNTYPED_SERVICES, scproof_catalog::Catalog::embedded().services_without_resource_type_prefix());
    }
}
