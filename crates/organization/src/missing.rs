//! Where a snapshot cannot be what AWS has: targets without any SCP (EVAL-13).

use crate::id::Target;
use crate::organization::{FeatureSet, NodeId, Organization, PolicyTypeStatus};

/// How many targets a remark names.
const NAMED: usize = 3;

impl Organization {
    /// Whether the snapshot attaches no SCP to a node although SCPs are in force and the node's attachments were read.
    ///
    /// AWS keeps at least one SCP attached to every root, unit and account (EVAL-13), so such a snapshot probably lacks
    /// attachments. It is evaluated as it stands, where nothing passes such a node; whoever says so says this as well.
    ///
    /// # Panics
    ///
    /// As [`node`](Self::node).
    pub fn lacks_scps(&self, id: NodeId) -> bool {
        let in_force = self.feature_set == FeatureSet::All && self.scp_status == PolicyTypeStatus::Enabled;
        let node = self.node(id);
        in_force && node.scps.is_empty() && node.unreadable.is_none()
    }

    /// The nodes that [lack SCPs](Self::lacks_scps) on the paths of some nodes, parents first. The path of the
    /// management account counts for nothing, since no SCP restricts it (EXM-4).
    ///
    /// # Panics
    ///
    /// As [`node`](Self::node).
    pub fn levels_without_scps(&self, of: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
        let management = self.management_account.map(Target::Account);
        let mut found: Vec<NodeId> = of
            .into_iter()
            .filter(|&id| management.as_ref() != Some(&self.node(id).target))
            .flat_map(|id| std::iter::successors(Some(id), |&level| self.node(level).parent))
            .filter(|&level| self.lacks_scps(level))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// A remark on answers about some accounts if the snapshot attaches no SCP to a level of theirs: that it is
    /// probably incomplete, and what to add. Without final stop.
    ///
    /// # Panics
    ///
    /// As [`node`](Self::node).
    ///
    /// ```
    /// use scproof_organization::Organization;
    ///
    /// let organization = Organization::from_json(r#"{
    ///   "Format": "scproof-inventory/1",
    ///   "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL"},
    ///   "Roots": [{"Id": "r-ab12", "Name": "Root"}],
    ///   "OrganizationalUnits": [],
    ///   "Accounts": [{"Id": "222222222222", "Name": "shop", "ParentId": "r-ab12"}],
    ///   "Policies": [{"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}],
    ///   "Attachments": [{"TargetId": "r-ab12", "PolicyId": "p-FullAWSAccess"}]
    /// }"#)?;
    /// let remark = organization.missing_scps_remark(organization.accounts()).ok_or("a remark")?;
    /// assert!(remark.starts_with("the snapshot attaches no SCP to the account `shop` (222222222222)"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn missing_scps_remark(&self, of: impl IntoIterator<Item = NodeId>) -> Option<String> {
        let levels = self.levels_without_scps(of);
        let first = self.node(*levels.first()?).target.as_str();
        let mut names: Vec<String> = levels
            .iter()
            .take(NAMED)
            .map(|&level| {
                let node = self.node(level);
                format!("the {} `{}` ({})", node.target.kind(), node.display_name(), node.target)
            })
            .collect();
        if levels.len() > NAMED {
            names.push(format!("{} more", levels.len() - NAMED));
        }
        let names = match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => names.concat(),
        };
        Some(format!(
            "the snapshot attaches no SCP to {names}, which AWS does not allow while SCPs are enabled: it is probably \
             incomplete. Add to `Attachments` what `aws organizations list-policies-for-target --target-id {first} \
             --filter SERVICE_CONTROL_POLICY` lists"
        ))
    }
}
