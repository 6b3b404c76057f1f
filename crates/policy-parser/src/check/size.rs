//! Sizes of the whole text (LIM-1 to LIM-3, LIM-7).

use scproof_text::{Route, Wording};

use crate::codes;
use crate::parse::Walker;
use crate::print::minified_len;
use crate::quota::QuotaName;

impl Walker<'_> {
    /// Compares the text as it stands with the limit of its kind of policy.
    pub(crate) fn check_size(&mut self, text: &str) {
        let (name, code, what) = if self.is_scp() {
            (QuotaName::ScpCharacters, codes::SCP_TOO_LONG, "an SCP")
        } else {
            (QuotaName::RcpCharacters, codes::RCP_TOO_LONG, "an RCP")
        };
        let Some(limit) = self.options.quotas.value(name) else { return };
        let exceeds = |count: usize| u64::try_from(count).is_ok_and(|count| count > limit);
        let characters = text.chars().count();
        let everything = 0..text.len();
        if exceeds(characters) {
            let minified = minified_len(text);
            self.sink.report(code, Route::Root, &everything, || {
                Wording::new(format!("the text has {characters} characters"))
                    .expected(format!("at most {limit} characters in {what}"))
                    .help(format!("without white space outside strings it has {minified}"))
            });
            if !exceeds(minified) {
                self.sink.report(codes::MINIFIED_FITS, Route::Root, &everything, || {
                    Wording::new(format!(
                        "without white space outside strings the text has {minified} characters, which fits"
                    ))
                    .help("the console removes white space on saving; the API and infrastructure tools store the text as given")
                });
            }
        } else if exceeds(text.len()) {
            self.sink.report(codes::TOO_MANY_BYTES, Route::Root, &everything, || {
                Wording::new(format!("the text has {characters} characters, but {} bytes", text.len()))
                    .expected(format!("at most {limit} characters in {what}"))
                    .help("AWS counts characters by its present documentation and counted bytes by older ones")
            });
        }
    }
}
