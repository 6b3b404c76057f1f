//! Which accounts and actions an audit counts.

use scproof_catalog::{ActionFilter, Catalog, ServiceId};
use scproof_evaluator::symbolic::{ActionClass, CompiledViews, View};

use crate::model::Scope;
use crate::options::{ActionScope, AuditOptions};

/// What is counted, and of which class of actions how much.
pub(crate) struct Scoped {
    pub(crate) scope: Scope,
    catalog: &'static Catalog,
    /// For each action of the catalog whether it counts.
    counts: Vec<bool>,
}

impl Scoped {
    pub(crate) fn new(views: &CompiledViews, options: &AuditOptions) -> Self {
        let organization = views.view(View::FIRST).organization();
        let catalog = views.catalog();
        let mut counts = vec![false; catalog.action_count()];
        let mut scope = Scope {
            all_accounts: options.accounts.is_none(),
            all_actions: options.actions.is_none(),
            principal: options.principal.clone(),
            ..Scope::default()
        };
        scope.accounts = match &options.accounts {
            None => organization.accounts().collect(),
            Some(accounts) => {
                let mut accounts = accounts.clone();
                accounts.sort_unstable();
                accounts.dedup();
                accounts
            }
        };
        let chosen = Chosen::new(options.actions.as_ref());
        for service in catalog.services() {
            let prefix = catalog.service_prefix(service);
            let mut any = false;
            for id in catalog.actions_of(service) {
                let action = catalog.action(id);
                let is_in = chosen.is_everything() || chosen.is_in(&format!("{prefix}:{}", action.lower_name()));
                if let Some(slot) = counts.get_mut(id.index()) {
                    *slot = is_in;
                }
                any |= is_in;
                scope.actions += usize::from(is_in);
            }
            if any {
                scope.services.push(service);
            }
        }
        let list = options.actions.as_ref().and_then(|actions| actions.list.as_ref());
        let is_new = |name: &String| catalog.find_action(name).is_none();
        scope.unlisted_actions =
            list.into_iter().flatten().map(|name| name.to_ascii_lowercase()).filter(is_new).collect();
        scope.unlisted_actions.sort();
        scope.unlisted_actions.dedup();
        Self { scope, catalog, counts }
    }

    /// How many actions of a class count, by service.
    pub(crate) fn by_service(&self, class: &ActionClass) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        let mut last: Option<(ServiceId, usize)> = None;
        for action in class.actions.iter().filter(|action| self.counts.get(action.index()) == Some(&true)) {
            let service = self.catalog.action(*action).service_id();
            let place = match last {
                Some((known, place)) if known == service => place,
                _ => {
                    let Ok(place) = self.scope.services.binary_search(&service) else { continue };
                    last = Some((service, place));
                    place
                }
            };
            match found.last_mut() {
                Some((known, count)) if *known == place => *count += 1,
                _ => found.push((place, 1)),
            }
        }
        found
    }
}

/// The user's choice of actions.
struct Chosen {
    filter: ActionFilter,
    list: Option<Vec<String>>,
}

impl Chosen {
    fn new(actions: Option<&ActionScope>) -> Self {
        let filter = actions.map(|actions| actions.filter.clone()).unwrap_or_default();
        let mut list = actions.and_then(|actions| actions.list.clone());
        if let Some(list) = &mut list {
            for name in list.iter_mut() {
                name.make_ascii_lowercase();
            }
            list.sort();
        }
        Self { filter, list }
    }

    fn is_everything(&self) -> bool {
        self.filter.is_everything() && self.list.is_none()
    }

    /// Whether an action, lower case, counts.
    fn is_in(&self, action: &str) -> bool {
        let by_list =
            self.list.as_ref().is_none_or(|list| list.binary_search_by(|name| name.as_str().cmp(action)).is_ok());
        by_list && self.filter.fits(action)
    }
}
