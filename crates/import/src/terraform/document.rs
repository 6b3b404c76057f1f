//! The members of Terraform's documents. They have many more than are needed, and get new ones: such are passed over.

use scproof_text::{JsonText, LoadError, Message, Node, TextKind, Value, codes as text_codes, shorten};

use crate::codes;

/// The value of a member.
pub(super) fn member<'n, 't>(node: &'n Node<'t>, name: &str) -> Option<&'n Node<'t>> {
    let Value::Object(members) = &node.value else { return None };
    members.iter().find(|member| member.name == name).map(|member| &member.value)
}

/// The value at the end of a route of members.
pub(super) fn inside<'n, 't>(node: &'n Node<'t>, route: &[&str]) -> Option<&'n Node<'t>> {
    route.iter().try_fold(node, |node, name| member(node, name))
}

/// A member that is a string.
pub(super) fn text<'n>(node: &'n Node<'_>, name: &str) -> Option<&'n str> {
    member(node, name)?.value.as_string().map(|text| &**text)
}

/// The elements of a member that is a list.
pub(super) fn list<'n, 't>(node: &'n Node<'t>, name: &str) -> &'n [Node<'t>] {
    member(node, name).and_then(|node| node.value.as_array()).unwrap_or_default()
}

/// Whether a value is true, or a member of it is: what Terraform says of what is unknown or sensitive.
pub(super) fn is_marked(node: Option<&Node<'_>>, name: &str) -> bool {
    let is_true = |node: &Node<'_>| node.value == Value::Bool(true);
    node.is_some_and(|node| is_true(node) || member(node, name).is_some_and(is_true))
}

/// The key of an instance: a text or a number.
pub(super) fn key(node: &Node<'_>) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone().into_owned()),
        Value::Number(token) => Some((*token).to_owned()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) | Value::Broken => None,
    }
}

/// What a document should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plan,
    State,
}

/// The document that a file holds, if it is of a kind.
///
/// # Errors
///
/// What the file is instead, and what to do.
pub(super) fn open<'f>(file: &'f JsonText<'_>, kind: Kind) -> Result<&'f Node<'f>, LoadError> {
    let failed = |fault: Message| file.error([fault.clone()], 0).unwrap_or_else(|| LoadError::single(fault));
    if let Some(error) = file.error([], 0) {
        let is_lines = file.root().is_some_and(|root| member(root, "@level").is_some());
        return Err(if is_lines { failed(events()) } else { error });
    }
    let nothing = || LoadError::single(text_codes::EMPTY_TEXT.message("the text holds no JSON value"));
    let root = file.root().ok_or_else(nothing)?;
    let wrong =
        |message: &str, help: &str| Err(failed(codes::NOT_TERRAFORM.message(message).on(root.mark()).help(help)));
    if member(root, "@level").is_some() {
        return Err(failed(events()));
    }
    let has = |name: &str| member(root, name).is_some();
    if has("lineage") || has("version") && has("resources") {
        return wrong(
            "this is a state as Terraform stores it",
            "`terraform show -json` prints it in the form that is read here",
        );
    }
    let Some(version) = text(root, "format_version") else {
        return wrong("this is no output of `terraform show -json`", "`terraform show -json plan.out > plan.json`");
    };
    if version.split('.').next() != Some("1") {
        let message = format!("the document has the newer format `{}`", shorten(version));
        return wrong(&message, "update scproof");
    }
    let is_plan = has("planned_values") || has("resource_changes");
    match kind {
        Kind::Plan if !is_plan => wrong(
            "this is a state, not a plan",
            "`terraform plan -out plan.out`, then `terraform show -json plan.out`; `scproof import terraform` reads a state",
        ),
        Kind::State if is_plan => wrong(
            "this is a plan, not a state",
            "`terraform show -json` without a file prints the state; `scproof simulate --terraform-plan` reads a plan",
        ),
        Kind::Plan | Kind::State => Ok(root),
    }
}

fn events() -> Message {
    codes::NOT_TERRAFORM
        .message("these are the messages of `terraform plan -json`, not the plan")
        .on(0..1)
        .help("`terraform plan -out plan.out`, then `terraform show -json plan.out > plan.json`")
}

/// A text as JSON; binary plans are told.
pub(super) fn read(text: &str) -> Result<JsonText<'_>, LoadError> {
    if text.starts_with("PK\u{3}\u{4}") {
        let fault = codes::NOT_TERRAFORM.message("this is a plan as Terraform stores it").on(0..2);
        return Err(LoadError::single(
            fault.help("`terraform show -json plan.out > plan.json` prints what is read here"),
        ));
    }
    Ok(JsonText::new(text, &TextKind::FILE))
}
