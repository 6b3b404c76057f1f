//! What differs between two organizations as structures, a sentence each.

use scproof_organization::{Organization, PolicyId, Target};
use scproof_simulator::{Changed, StructuralDifference};

use crate::layout::clean;
use crate::names::{policy_words, target_words};

/// One difference: what happened, and to what.
pub(crate) struct StructureLine {
    /// `attached`, `moved`, ….
    pub(crate) verb: &'static str,
    /// The rest of the sentence, safe for a terminal.
    pub(crate) text: String,
}

/// Every difference in a few words, in a fixed order.
pub(crate) fn structure_words(
    difference: &StructuralDifference,
    before: &Organization,
    after: &Organization,
) -> Vec<StructureLine> {
    let mut lines = Vec::new();
    let mut line = |verb: &'static str, text: String| lines.push(StructureLine { verb, text });
    let target = |target: &Target| {
        let found =
            [after, before].iter().find_map(|organization| Some((*organization, organization.find_node(target)?)));
        found.map_or_else(|| target.to_string(), |(organization, node)| target_words(organization, node))
    };
    let policy = |id: &PolicyId| {
        let found = [after, before]
            .iter()
            .find_map(|organization| Some(organization.policy(organization.find_policy(id)?).name.clone()));
        policy_words(found.flatten().as_deref(), id.as_str())
    };
    if let Some(Changed { before, after }) = &difference.organization {
        line("changed", format!("two organizations: {before} and {after}"));
    }
    if let Some(Changed { before, after }) = &difference.feature_set {
        line("changed", format!("features: {}, was {}", after.as_str(), before.as_str()));
    }
    if let Some(Changed { before, after }) = &difference.scp_status {
        line("changed", format!("SCPs: {}, were {}", after.as_str(), before.as_str()));
    }
    if let Some(Changed { before, after }) = &difference.management_account {
        let id = |id: &Option<scproof_organization::AccountId>| {
            id.map_or_else(|| "not known".to_owned(), |id| id.to_string())
        };
        line("changed", format!("management account: {}, was {}", id(after), id(before)));
    }
    for added in &difference.targets_added {
        line("added", target(added));
    }
    for removed in &difference.targets_removed {
        line("removed", target(removed));
    }
    for moved in &difference.moved {
        let (from, to) = (clean(&moved.path.before), clean(&moved.path.after));
        line("moved", format!("{} from {from} to {to}", target(&moved.target)));
    }
    for changed in &difference.targets_changed {
        let mut what = Vec::new();
        if let Some(Changed { before, .. }) = &changed.name {
            what.push(format!("was called {}", before.as_deref().map_or("nothing".into(), clean)));
        }
        if let Some(Changed { before, after }) = &changed.state {
            let words = |state: &Option<scproof_organization::AccountState>| {
                state.as_ref().map_or_else(|| "not known".to_owned(), |state| clean(state.as_str()).into_owned())
            };
            what.push(format!("state {}, was {}", words(after), words(before)));
        }
        if changed.tags.is_some() {
            what.push("other tags".to_owned());
        }
        if let Some(Changed { after, .. }) = changed.readable {
            what.push(
                if after { "its attachments could not be read before" } else { "its attachments could not be read" }
                    .to_owned(),
            );
        }
        line("changed", format!("{}: {}", target(&changed.target), what.join("; ")));
    }
    for added in &difference.policies_added {
        line("added", format!("policy {}", policy(added)));
    }
    for removed in &difference.policies_removed {
        line("removed", format!("policy {}", policy(removed)));
    }
    for changed in &difference.policies_changed {
        let mut what = Vec::new();
        if changed.content.is_some() {
            what.push(if changed.says_something_else {
                "another text".to_owned()
            } else {
                "another text that says the same".to_owned()
            });
        }
        if let Some(Changed { before, .. }) = &changed.name {
            what.push(format!("was called {}", before.as_deref().map_or("nothing".into(), clean)));
        }
        if changed.description.is_some() {
            what.push("another description".to_owned());
        }
        line("changed", format!("policy {}: {}", policy(&changed.policy), what.join("; ")));
    }
    for (at, id) in &difference.attachments_added {
        line("attached", format!("{} to {}", policy(id), target(at)));
    }
    for (at, id) in &difference.attachments_removed {
        line("detached", format!("{} from {}", policy(id), target(at)));
    }
    lines
}
