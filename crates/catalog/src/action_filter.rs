//! Choosing actions by globs on their services and names, as people do on a command line.

use globset::{GlobBuilder, GlobMatcher};

use crate::catalog::Catalog;

/// How many near names an error offers.
const NEAR: usize = 2;

/// A glob over the full names of actions, or over services; ignores case.
///
/// The language is that of the crate `globset`: `*` stands for any characters, `?` for one, `[ab]` for one of some,
/// `{a,b}` for either, and a backslash takes the special meaning from what follows. It is for people who choose; what a
/// policy says is a matter of the policy's own wildcards, which have no braces.
#[derive(Debug, Clone)]
pub struct ActionGlob {
    /// As it was written.
    text: String,
    matcher: GlobMatcher,
    names: Names,
}

/// What a glob says of the names of a service that it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Every name there may be.
    All,
    /// Some.
    Some,
}

/// Why globs choose no actions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActionFilterError {
    /// A text is not a glob.
    Pattern {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A glob over services fits none.
    NoService {
        /// The glob.
        text: String,
        /// What it may have been meant for.
        near: Vec<String>,
    },
    /// A glob over actions fits none.
    NoAction {
        /// The glob.
        text: String,
        /// What it may have been meant for.
        near: Vec<String>,
    },
    /// Each glob fits something, but no action fits one of the services and one of the actions.
    Apart,
}

impl ActionFilterError {
    /// How to repair it.
    pub fn help(&self) -> String {
        match self {
            Self::Pattern { .. } => {
                "`*` stands for any characters, `?` for one, `{a,b}` for either; put a backslash before them".to_owned()
            }
            Self::NoService { near, .. } | Self::NoAction { near, .. } if !near.is_empty() => {
                format!("did you mean `{}`?", near.join("` or `"))
            }
            Self::NoService { .. } => "services are named by their prefix in actions, such as `s3` or `ec2`".to_owned(),
            Self::NoAction { .. } => {
                "write a glob such as `s3:Get*`, or `Delete*` for the actions of all services".to_owned()
            }
            Self::Apart => "an action counts if its service fits one glob and its name fits another".to_owned(),
        }
    }
}

impl std::fmt::Display for ActionFilterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pattern { text, reason } => write!(f, "`{text}` is not a pattern: {reason}"),
            Self::NoService { text, .. } => write!(f, "`{text}` fits no service that is known"),
            Self::NoAction { text, .. } => write!(f, "`{text}` fits no action that is known"),
            Self::Apart => f.write_str("no action is chosen by both the services and the actions"),
        }
    }
}

impl std::error::Error for ActionFilterError {}

impl PartialEq for ActionGlob {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.matcher.glob()) == (&other.text, other.matcher.glob())
    }
}

impl Eq for ActionGlob {}

impl ActionGlob {
    /// A glob over full names such as `s3:GetObject`. One without a colon is about the actions of all services.
    ///
    /// # Errors
    ///
    /// If the text is not a glob.
    pub fn of_actions(text: &str) -> Result<Self, ActionFilterError> {
        let pattern = if text.contains(':') { text.to_owned() } else { format!("*:{text}") };
        let names =
            if pattern.rsplit_once(':').is_some_and(|(_, name)| is_any(name)) { Names::All } else { Names::Some };
        Ok(Self { text: text.to_owned(), matcher: matcher(text, &pattern)?, names })
    }

    /// A glob over prefixes of services such as `s3`.
    ///
    /// # Errors
    ///
    /// If the text is not a glob.
    pub fn of_services(text: &str) -> Result<Self, ActionFilterError> {
        Ok(Self { text: text.to_owned(), matcher: matcher(text, text)?, names: Names::All })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a name, in lower case, fits.
    fn fits(&self, lower: &str) -> bool {
        self.matcher.is_match(lower)
    }

    fn is_any_service(&self) -> bool {
        let pattern = self.matcher.glob().glob();
        self.names == Names::All && pattern.split(':').all(is_any)
    }
}

fn is_any(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

fn matcher(text: &str, pattern: &str) -> Result<GlobMatcher, ActionFilterError> {
    GlobBuilder::new(&pattern.to_ascii_lowercase())
        .literal_separator(false)
        .backslash_escape(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| ActionFilterError::Pattern { text: text.to_owned(), reason: error.kind().to_string() })
}

/// Some of all actions: those whose service fits one of some globs, and whose full name fits one of others. Where there
/// is no glob of a kind, all fit.
///
/// Of names that nobody has written down yet a filter takes all names of a service or none, never a part: `s3:*` and
/// the service `s3` take them, `s3:Get*` does not. So every command that narrows by one filter speaks of the same
/// actions.
///
/// ```
/// use scproof_catalog::ActionFilter;
///
/// let filter = ActionFilter::new(&["s3"], &["{Get,Put}Object"])?;
/// filter.check(&[])?;
/// assert!(filter.fits("s3:getobject") && !filter.fits("s3:GetObjectAcl"));
/// assert!(!filter.fits_every_name_of("s3"));
///
/// let nothing = ActionFilter::new(&["dynamdb"], &[])?.check(&[]).unwrap_err();
/// assert_eq!(nothing.help(), "did you mean `dynamodb`?");
/// # Ok::<(), scproof_catalog::ActionFilterError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActionFilter {
    services: Vec<ActionGlob>,
    actions: Vec<ActionGlob>,
}

impl ActionFilter {
    /// Reads globs over services and over actions.
    ///
    /// # Errors
    ///
    /// If a text is not a glob. Whether it fits anything, [`check`](Self::check) says.
    pub fn new<S: AsRef<str>>(services: &[S], actions: &[S]) -> Result<Self, ActionFilterError> {
        let of_actions = actions.iter().map(|text| ActionGlob::of_actions(text.as_ref()));
        Ok(Self {
            services: services.iter().map(|text| ActionGlob::of_services(text.as_ref())).collect::<Result<_, _>>()?,
            actions: of_actions.collect::<Result<_, _>>()?,
        })
    }

    /// The globs over services.
    pub fn services(&self) -> &[ActionGlob] {
        &self.services
    }

    /// The globs over actions.
    pub fn actions(&self) -> &[ActionGlob] {
        &self.actions
    }

    /// Whether there is no glob, so that all actions fit.
    pub fn is_everything(&self) -> bool {
        self.services.is_empty() && self.actions.is_empty()
    }

    /// Whether an action fits, by its full name in any case, known to the catalog or not.
    pub fn fits(&self, action: &str) -> bool {
        if self.is_everything() {
            return true;
        }
        let action = action.to_ascii_lowercase();
        let service = action.split_once(':').map_or(action.as_str(), |(service, _)| service);
        self.fits_service(service) && (self.actions.is_empty() || self.actions.iter().any(|glob| glob.fits(&action)))
    }

    /// Whether every name of a service fits, also those that nobody has written down yet.
    pub fn fits_every_name_of(&self, service: &str) -> bool {
        let service = service.to_ascii_lowercase();
        // A name that a glob for some names hardly fits, and a glob for all names does.
        let name = format!("{service}:another-action");
        self.fits_service(&service)
            && (self.actions.is_empty() || self.actions.iter().any(|glob| glob.names == Names::All && glob.fits(&name)))
    }

    /// Whether every action of services that nobody has written down yet fits.
    pub fn fits_other_services(&self) -> bool {
        let any = |globs: &[ActionGlob]| globs.is_empty() || globs.iter().any(ActionGlob::is_any_service);
        any(&self.services) && any(&self.actions)
    }

    /// Whether every glob fits something, and all together do: among the actions of the catalog and `beyond`, the full
    /// names of others that are spelt out somewhere.
    ///
    /// # Errors
    ///
    /// The first glob that fits nothing, with what it may have been meant for. It looks through the catalog once for
    /// each glob.
    pub fn check(&self, beyond: &[String]) -> Result<(), ActionFilterError> {
        let catalog = Catalog::embedded();
        let mut known: Vec<String> = catalog
            .services()
            .flat_map(|service| {
                let prefix = catalog.service_prefix(service);
                catalog
                    .actions_of(service)
                    .iter()
                    .map(move |id| format!("{prefix}:{}", catalog.action(id).lower_name()))
            })
            .collect();
        known.extend(beyond.iter().map(|name| name.to_ascii_lowercase()));
        let service_of = |name: &str| name.split_once(':').map_or(String::new(), |(service, _)| service.to_owned());
        for glob in &self.services {
            if !known.iter().any(|name| glob.fits(&service_of(name))) {
                let near = catalog.nearest_services(&glob.text, NEAR);
                let near = near.iter().map(|&id| catalog.service_prefix(id).to_owned()).collect();
                return Err(ActionFilterError::NoService { text: glob.text.clone(), near });
            }
        }
        for glob in &self.actions {
            if !known.iter().any(|name| glob.fits(name)) {
                return Err(ActionFilterError::NoAction { text: glob.text.clone(), near: near_actions(&glob.text) });
            }
        }
        if self.is_everything() || known.iter().any(|name| self.fits(name)) {
            Ok(())
        } else {
            Err(ActionFilterError::Apart)
        }
    }

    fn fits_service(&self, lower: &str) -> bool {
        self.services.is_empty() || self.services.iter().any(|glob| glob.fits(lower))
    }
}

/// What a glob over actions may have been meant for: another service, other first letters, or an action.
fn near_actions(text: &str) -> Vec<String> {
    let catalog = Catalog::embedded();
    let is_plain = |text: &str| !text.contains(['*', '?', '[', '{', '\\']);
    if let Some((service, name)) = text.split_once(':')
        && is_plain(service)
        && catalog.service(service).is_none()
        && !is_plain(name)
    {
        let near = catalog.nearest_services(service, NEAR);
        return near.iter().map(|&id| format!("{}:{name}", catalog.service_prefix(id))).collect();
    }
    let stem = text.trim_end_matches('*');
    if stem.len() == text.len() || !is_plain(stem) {
        let near = catalog.nearest_actions(text, NEAR);
        return near.iter().map(|&id| catalog.action(id).full_name()).collect();
    }
    // Letters that actions begin with, as many as were written before the star.
    let (service, letters) = stem.split_once(':').map_or((None, stem), |(service, name)| (Some(service), name));
    let services: Vec<_> = match service {
        Some(service) => catalog.service(service).into_iter().collect(),
        None => catalog.services().collect(),
    };
    let length = letters.chars().count();
    let most = (length / 3).max(1);
    let wanted = letters.to_ascii_lowercase();
    let mut found: Vec<(usize, String)> = Vec::new();
    for id in services.into_iter().flat_map(|service| catalog.actions_of(service).iter()) {
        let beginning: String = catalog.action(id).name().chars().take(length).collect();
        // A transposition is one slip.
        let distance = strsim::osa_distance(&wanted, &beginning.to_ascii_lowercase());
        if distance <= most && found.iter().all(|(_, known)| *known != beginning) {
            found.push((distance, beginning));
        }
    }
    found.sort();
    let prefix = service.map_or(String::new(), |service| format!("{service}:"));
    found.into_iter().take(NEAR).map(|(_, beginning)| format!("{prefix}{beginning}*")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(services: &[&str], actions: &[&str]) -> ActionFilter {
        ActionFilter::new(services, actions).unwrap()
    }

    #[test]
    fn globs_ignore_case_and_have_alternatives() {
        let braces = filter(&[], &["s3:{Get,Put}*"]);
        assert!(braces.fits("S3:GETOBJECT") && braces.fits("s3:PutObject") && braces.fits("s3:putnew"));
        assert!(!braces.fits("s3:DeleteObject") && !braces.fits("ec2:GetThing"));
        assert!(filter(&[], &["{s3:Get*,ec2:Run*}"]).fits("ec2:RunInstances"));
        assert!(filter(&[], &["Delete*"]).fits("ec2:DeleteVolume"));
        assert!(filter(&["rds*"], &["Delete*"]).fits("rds-data:DeleteThing"));
        assert!(!filter(&["rds*"], &["Delete*"]).fits("s3:DeleteBucket"));
        assert!(filter(&[], &[]).fits("any:Thing"));
    }

    #[test]
    fn names_beyond_the_catalog_are_taken_whole_or_not_at_all() {
        for all in ["s3:*", "s*:*", "*", "*:**", "{s3,ec2}:*"] {
            assert!(filter(&[], &[all]).fits_every_name_of("s3"), "{all}");
        }
        for some in ["s3:Get*", "ec2:*", "s3:?*", "*-action", "s3:another-action", "s3:*t*"] {
            assert!(!filter(&[], &[some]).fits_every_name_of("s3"), "{some}");
        }
        assert!(filter(&["S3"], &[]).fits_every_name_of("s3"));
        assert!(!filter(&["s3"], &["Get*"]).fits_every_name_of("s3"));
        assert!(!filter(&["s3"], &[]).fits_every_name_of("ec2"));
        assert!(filter(&[], &["*"]).fits_other_services() && filter(&["*"], &[]).fits_other_services());
        assert!(!filter(&[], &["a*:*"]).fits_other_services() && !filter(&["a*"], &[]).fits_other_services());
    }

    #[test]
    fn what_fits_nothing_is_told_with_near_names() {
        let near = |services: &[&str], actions: &[&str]| {
            let error = filter(services, actions).check(&[]).unwrap_err();
            format!("{error}; {}", error.help())
        };
        assert_eq!(near(&["dynamdb"], &[]), "`dynamdb` fits no service that is known; did you mean `dynamodb`?");
        assert_eq!(
            near(&[], &["s3:GetObjct"]),
            "`s3:GetObjct` fits no action that is known; did you mean `s3:GetObject`?"
        );
        assert_eq!(near(&[], &["s33:Get*"]), "`s33:Get*` fits no action that is known; did you mean `s3:Get*`?");
        assert!(near(&[], &["s3:Gte*"]).ends_with("did you mean `s3:Get*`?"), "{}", near(&[], &["s3:Gte*"]));
        assert!(near(&[], &["s3:Nonsense*x"]).ends_with("for the actions of all services"));
        assert!(near(&["s3"], &["ec2:Run*"]).starts_with("no action is chosen by both"));
        assert!(near(&[], &["a:b:c"]).starts_with("`a:b:c` fits no action"));
        assert!(
            ActionFilter::new(&[], &["s3:Nonsense{x"]).unwrap_err().to_string().starts_with("`s3:Nonsense{x` is not")
        );
    }

    #[test]
    fn names_that_are_spelt_out_elsewhere_count() {
        let beyond = ["acme:Do".to_owned()];
        assert!(filter(&["acme"], &[]).check(&beyond).is_ok());
        assert!(filter(&[], &["acme:D?"]).check(&beyond).is_ok());
        assert!(filter(&[], &["acme:X"]).check(&beyond).is_err());
    }
}
