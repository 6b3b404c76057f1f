//! Files with a list of actions: one a line, with `#` before comments, or a JSON list of texts.

use std::path::Path;

use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::input::{self, Kind};

/// Reads the actions of a file, each once, in the order of the file. Whether AWS has them is not asked.
pub(crate) fn load(global: &GlobalArgs, path: &Path) -> Result<Vec<String>, CommandError> {
    let text = input::read_text(global, path, Kind::Ordinary)?;
    read(&text).map_err(|problem| {
        CommandError::input(format!("`{}` is no list of actions: {problem}", path.display()))
            .help("write one action a line, such as `s3:GetObject`, or a JSON list of them")
    })
}

fn read(text: &str) -> Result<Vec<String>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut actions: Vec<String> = Vec::new();
    if text.trim_start().starts_with('[') {
        let list: Vec<String> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (number, name) in list.iter().enumerate() {
            actions.push(checked(name.trim()).map_err(|problem| format!("element {number} {problem}"))?);
        }
    } else {
        for (number, line) in text.lines().enumerate() {
            let name = line.split('#').next().unwrap_or_default().trim();
            if !name.is_empty() {
                actions.push(checked(name).map_err(|problem| format!("line {} {problem}", number + 1))?);
            }
        }
    }
    if actions.is_empty() {
        return Err("it has none".to_owned());
    }
    let mut seen = std::collections::BTreeSet::new();
    actions.retain(|name| seen.insert(name.to_ascii_lowercase()));
    Ok(actions)
}

/// A name such as `s3:GetObject`. A pattern would be counted as no action at all, and nobody would notice.
fn checked(name: &str) -> Result<String, String> {
    let is_plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    match name.split_once(':') {
        Some((service, action)) if is_plain(service) && is_plain(action) => Ok(name.to_owned()),
        _ if name.contains(['*', '?']) => Err(format!("has the pattern `{name}`; --action takes patterns")),
        _ => Err(format!("has `{name}`, which is no action")),
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn lines_with_comments() {
        let text = "\u{feff}# ours\r\ns3:GetObject # read\n\n  ec2:RunInstances\nS3:getobject\n";
        assert_eq!(read(text).unwrap(), ["s3:GetObject", "ec2:RunInstances"]);
    }

    #[test]
    fn a_json_list() {
        assert_eq!(read(" [\"s3:GetObject\", \"new:Thing\"]").unwrap(), ["s3:GetObject", "new:Thing"]);
        assert!(read("[\"s3:GetObject\", 1]").is_err());
        assert!(read("[\"s3\"]").unwrap_err().starts_with("element 0"));
    }

    #[test]
    fn what_is_no_action_is_named_with_its_line() {
        assert_eq!(
            read("s3:GetObject\ns3:Get*").unwrap_err(),
            "line 2 has the pattern `s3:Get*`; --action takes patterns"
        );
        assert_eq!(read("s3 GetObject").unwrap_err(), "line 1 has `s3 GetObject`, which is no action");
        assert_eq!(read("# nothing\n").unwrap_err(), "it has none");
    }
}
