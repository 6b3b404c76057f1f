//! Choosing actions by globs on their services and names.

use globset::{Glob, GlobBuilder, GlobMatcher};
use scproof::Catalog;

use crate::error::CommandError;

/// Actions whose service fits one of some globs, and whose name fits one of others; without any all fit.
pub(crate) struct ActionFilter<'a> {
    typed_services: &'a [String],
    typed_actions: &'a [String],
    services: Vec<GlobMatcher>,
    actions: Vec<GlobMatcher>,
}

impl<'a> ActionFilter<'a> {
    /// Reads the globs. One without a colon is about actions of all services.
    pub(crate) fn new(typed_services: &'a [String], typed_actions: &'a [String]) -> Result<Self, CommandError> {
        let services = typed_services.iter().map(|text| glob(text, text)).collect::<Result<_, _>>()?;
        let actions = typed_actions
            .iter()
            .map(|text| if text.contains(':') { glob(text, text) } else { glob(text, &format!("*:{text}")) });
        Ok(Self { typed_services, typed_actions, services, actions: actions.collect::<Result<_, _>>()? })
    }

    /// Whether there is no glob.
    pub(crate) fn is_everything(&self) -> bool {
        self.services.is_empty() && self.actions.is_empty()
    }

    pub(crate) fn service_fits(&self, service: &str) -> bool {
        let service = service.to_ascii_lowercase();
        self.services.is_empty() || self.services.iter().any(|glob| glob.is_match(&service))
    }

    /// Whether an action, by its full name, fits.
    pub(crate) fn action_fits(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let service = action.split_once(':').map_or(action.as_str(), |(service, _)| service);
        self.service_fits(service)
            && (self.actions.is_empty() || self.actions.iter().any(|glob| glob.is_match(&action)))
    }

    /// The error that nothing fits, with what is spelt nearly so.
    pub(crate) fn nothing(&self) -> CommandError {
        let error = CommandError::usage("no action fits the filter");
        let catalog = Catalog::embedded();
        let mut near: Vec<String> = Vec::new();
        for text in self.typed_services {
            if catalog.service(text).is_none() {
                near.extend(
                    catalog.nearest_services(text, 2).iter().map(|&id| format!("`{}`", catalog.service_prefix(id))),
                );
            }
        }
        for text in self.typed_actions {
            near.extend(
                catalog.nearest_actions(text, 2).iter().map(|&id| format!("`{}`", catalog.action(id).full_name())),
            );
        }
        if near.is_empty() {
            error.help("services are named by their prefix in actions, such as `s3` or `ec2`")
        } else {
            error.help(format!("did you mean {}?", near.join(" or ")))
        }
    }
}

/// A glob that ignores case, read from a text that stands for what was typed.
pub(crate) fn glob(typed: &str, pattern: &str) -> Result<GlobMatcher, CommandError> {
    let build = |pattern: &str| -> Result<Glob, globset::Error> {
        GlobBuilder::new(pattern).literal_separator(false).backslash_escape(true).build()
    };
    build(&pattern.to_ascii_lowercase()).map(|glob| glob.compile_matcher()).map_err(|error| {
        CommandError::usage(format!("`{typed}` is not a pattern: {}", error.kind()))
            .help("`*` stands for any characters, `?` for one, `{a,b}` for either")
    })
}
