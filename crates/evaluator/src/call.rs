//! What one call is checked against (K.1): the resources given, and resources of the types that AWS's tables name.

use std::ops::Range;
use std::sync::{Arc, RwLock};

use rustc_hash::FxHashMap;
use scproof_catalog::type_passed_on;

use crate::carried::{Listings, Place, Rows, differs_by_check};
use crate::compile::CompiledOrganization;
use crate::request::{Request, RequestResource};
use crate::request_error::RequestError;
use crate::resource_type::TypePattern;
use crate::truth::Truth;

/// The checks of a call, as planned from the question and the tables alone.
#[derive(Debug)]
pub(crate) struct Call<'r> {
    /// The rows of the action; `None` beyond the catalog (CALL-1).
    pub(crate) rows: Option<Rows>,
    pub(crate) types: Box<[Arc<TypePattern>]>,
    pub(crate) checks: Vec<PlannedCheck<'r>>,
    /// What the tables say of the keys that are given for the call as a whole, by their folded names; of those that may
    /// differ from check to check.
    given: FxHashMap<String, Listings>,
}

/// One check; which of the alternatives it is, is not known.
#[derive(Debug)]
pub(crate) struct PlannedCheck<'r> {
    pub(crate) alternatives: Vec<Alternative<'r>>,
    /// The number of the resource of the request whose own keys it has.
    pub(crate) own: Option<usize>,
    /// Whether every such call makes it: not that of an optional type (CALL-3).
    pub(crate) certain: bool,
    /// Whether it was added to what the request gives.
    completed: bool,
}

/// What a check may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alternative<'r> {
    pub(crate) target: Target<'r>,
    /// The row whose keys it carries; `None` for the action as a whole.
    pub(crate) row: Option<usize>,
    /// Whether it is made in a Region that the call is passed on to, which may be any (SP-56).
    pub(crate) passed_on: bool,
}

/// The resource of a check.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'r> {
    Given(&'r RequestResource),
    /// That of an action that takes none, or is called without one (RES-1).
    NotScoped,
    /// Any resource of the type of a row.
    OfType(usize),
}

impl<'r> Alternative<'r> {
    /// What the request says of the resource.
    pub(crate) fn resource(&self) -> &'r RequestResource {
        match self.target {
            Target::Given(resource) => resource,
            Target::NotScoped => &RequestResource::NotScoped,
            Target::OfType(_) => &RequestResource::Unknown,
        }
    }
}

/// A check of a prepared question: which pairs it may be.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    pub(crate) pairs: Range<usize>,
    pub(crate) certain: bool,
    /// The resource type that was added to what the request gives.
    pub(crate) completed: Option<&'static str>,
}

/// What an element says of all resources of a type, with the unsure rules behind it.
type Relation = (Truth, Box<[&'static str]>);

/// Patterns of resource types, and what elements of policies say of them. They follow from policies and tables alone,
/// so remembering them changes no answer.
#[derive(Debug, Default)]
pub(crate) struct TypeMemory {
    patterns: RwLock<FxHashMap<&'static str, Arc<TypePattern>>>,
    /// By element and type.
    relations: RwLock<FxHashMap<(u32, &'static str), Relation>>,
}

impl TypeMemory {
    pub(crate) fn pattern(&self, text: &'static str, partition: Option<&str>) -> Arc<TypePattern> {
        if let Ok(known) = self.patterns.read()
            && let Some(pattern) = known.get(text)
        {
            return Arc::clone(pattern);
        }
        let pattern = Arc::new(TypePattern::new(text, partition));
        if let Ok(mut known) = self.patterns.write() {
            known.insert(text, Arc::clone(&pattern));
        }
        pattern
    }

    /// What an element without variables says of a type, worked out once.
    pub(crate) fn relation(
        &self,
        element: u32,
        of: &Arc<TypePattern>,
        relation: impl FnOnce() -> Relation,
    ) -> Relation {
        let key = (element, of.text());
        if let Ok(known) = self.relations.read()
            && let Some(found) = known.get(&key)
        {
            return found.clone();
        }
        let found = relation();
        if let Ok(mut known) = self.relations.write() {
            known.insert(key, found.clone());
        }
        found
    }
}

impl<'r> Call<'r> {
    /// The one unknown resource of a call of which nothing is known.
    fn beyond_catalog(request: &'r Request) -> Self {
        const UNKNOWN: &RequestResource = &RequestResource::Unknown;
        let check = |resource, own| PlannedCheck {
            alternatives: vec![Alternative { target: Target::Given(resource), row: None, passed_on: false }],
            own,
            certain: true,
            completed: false,
        };
        let checks = if request.resources.is_empty() {
            vec![check(UNKNOWN, None)]
        } else {
            request.resources.iter().enumerate().map(|(own, input)| check(&input.resource, Some(own))).collect()
        };
        Self { rows: None, types: Box::default(), checks, given: FxHashMap::default() }
    }

    /// Each check with each alternative: a pair of the question.
    pub(crate) fn alternatives(&self) -> impl Iterator<Item = (&PlannedCheck<'r>, &Alternative<'r>)> {
        self.checks.iter().flat_map(|check| check.alternatives.iter().map(move |alternative| (check, alternative)))
    }

    /// The name of the type whose row an alternative has.
    pub(crate) fn type_name(&self, alternative: &Alternative<'_>) -> Option<&'static str> {
        let row = self.rows.as_ref()?.all.get(alternative.row?)?;
        Some(row.resource_type().name())
    }

    /// The type of an alternative that is about any resource of it.
    pub(crate) fn type_of(&self, alternative: &Alternative<'_>) -> Option<&Arc<TypePattern>> {
        match alternative.target {
            Target::OfType(row) => self.types.get(row),
            Target::Given(_) | Target::NotScoped => None,
        }
    }

    /// Where a key, lower case, that is given for the call as a whole is, as far as a check of a row goes (CALL-8).
    pub(crate) fn place(&self, folded: &str, row: Option<usize>) -> Place {
        self.given.get(folded).map_or(Place::Nowhere, |listings| listings.of_given(row))
    }

    /// The keys that are given for the call and that the tables list nowhere for its action (CALL-8).
    pub(crate) fn unlisted(&self) -> impl Iterator<Item = &str> {
        self.given.iter().filter(|(_, listings)| listings.is_unlisted()).map(|(key, _)| key.as_str())
    }

    /// The checks of the question, once each alternative has a pair.
    pub(crate) fn checks(&self) -> Box<[Check]> {
        let mut start = 0;
        self.checks
            .iter()
            .map(|check| {
                let pairs = start..start + check.alternatives.len();
                start = pairs.end;
                let row = check.alternatives.first().and_then(|it| it.row).filter(|_| check.completed);
                let completed =
                    row.and_then(|row| self.rows.as_ref()?.all.get(row)).map(|row| row.resource_type().name());
                Check { pairs, certain: check.certain, completed }
            })
            .collect()
    }
}

impl CompiledOrganization {
    /// CALL-1 to CALL-5: everything that a call is checked against. `action`: lower case.
    pub(crate) fn call<'r>(&self, request: &'r Request, action: &str) -> Result<Call<'r>, RequestError> {
        let catalog = self.actions.catalog;
        let beyond = request.beyond_catalog || self.options.beyond_catalog;
        let Some(id) = catalog.find_action(action).filter(|_| !beyond) else {
            return Ok(Call::beyond_catalog(request));
        };
        let rows = Rows::new(catalog, catalog.action(id));
        let partition = self.organization.partition();
        let types: Box<[Arc<TypePattern>]> =
            rows.all.iter().map(|row| self.types.pattern(row.resource_type().arn_pattern(), partition)).collect();
        let checks = plan(request, &rows, &types)?;
        let given = request
            .context
            .iter()
            .map(|(key, _)| key.to_ascii_lowercase())
            .filter(|folded| differs_by_check(folded))
            .map(|folded| {
                let listings = rows.listings(&folded);
                (folded, listings)
            })
            .collect();
        Ok(Call { rows: Some(rows), types, checks, given })
    }
}

/// What a call is checked against; `types` are those of the rows, for the ARNs that the request gives.
pub(crate) fn plan<'r>(
    request: &'r Request,
    rows: &Rows,
    types: &[Arc<TypePattern>],
) -> Result<Vec<PlannedCheck<'r>>, RequestError> {
    let action = rows.action();
    let required = |row: usize| rows.all.get(row).is_some_and(|row| row.is_required());
    let all = 0..rows.all.len();
    let has_required = all.clone().any(required);
    // A bucket, object or access point of S3 is always there (CALL-4).
    let may_be_without = !has_required && (rows.all.is_empty() || action.service() != "s3");
    let not_scoped = Alternative { target: Target::NotScoped, row: None, passed_on: false };
    let of_type = |row: usize| Alternative { target: Target::OfType(row), row: Some(row), passed_on: false };
    let any =
        || -> Vec<Alternative<'r>> { all.clone().map(of_type).chain(may_be_without.then_some(not_scoped)).collect() };
    let unknown_of = |row: usize, completed: bool| PlannedCheck {
        alternatives: vec![of_type(row)],
        own: None,
        certain: required(row),
        completed,
    };
    let says_nothing =
        request.resources.iter().all(|input| input.resource == RequestResource::Unknown && input.context.is_empty());
    if says_nothing {
        let mut checks: Vec<PlannedCheck<'r>> = if has_required {
            all.clone().map(|row| unknown_of(row, false)).collect()
        } else {
            vec![PlannedCheck { alternatives: any(), own: None, certain: true, completed: false }]
        };
        // Where no Region is given, the checks above speak of any.
        if request.gives_region()
            && let Some(name) = type_passed_on(action.service(), action.name())
            && let Some(row) =
                all.clone().find(|row| rows.all.get(*row).is_some_and(|row| row.resource_type().name() == name))
        {
            let alternatives = vec![Alternative { passed_on: true, ..of_type(row) }];
            checks.push(PlannedCheck { alternatives, own: None, certain: false, completed: false });
        }
        return Ok(checks);
    }
    let mut checks = Vec::new();
    let mut covered: Vec<usize> = Vec::new();
    for (own, input) in request.resources.iter().enumerate() {
        let alternatives = match &input.resource {
            RequestResource::Unknown => any(),
            RequestResource::NotScoped if may_be_without => vec![not_scoped],
            RequestResource::NotScoped => return Err(RequestError::NeedsResource { action: action.full_name() }),
            RequestResource::Arn(arn) => {
                let fitting: Vec<usize> =
                    types.iter().enumerate().filter(|(_, of)| of.fits(arn)).map(|(row, _)| row).collect();
                if fitting.is_empty() {
                    let known = rows.all.iter().map(|row| row.resource_type());
                    return Err(RequestError::ForeignResource {
                        text: arn.clone(),
                        action: action.full_name(),
                        types: known.map(|it| (it.name().to_owned(), it.arn_pattern().to_owned())).collect(),
                    });
                }
                covered.extend(&fitting);
                let target = Target::Given(&input.resource);
                fitting.into_iter().map(|row| Alternative { target, row: Some(row), passed_on: false }).collect()
            }
        };
        checks.push(PlannedCheck { alternatives, own: Some(own), certain: true, completed: false });
    }
    if !request.resources_complete {
        checks.extend(all.filter(|row| required(*row) && !covered.contains(row)).map(|row| unknown_of(row, true)));
    }
    Ok(checks)
}
