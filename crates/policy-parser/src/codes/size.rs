//! What is said about sizes.

scproof_text::codes! {
    /// What is said about sizes, in the order of the page.
    pub(crate) SIZE:
    SCP_TOO_LONG Error "LIM-2" "scp-too-long" "an SCP with more characters than AWS stores"
        => "AWS counts the characters of the text as stored, white space included.";
    MINIFIED_FITS Note "LIM-1" "minified-fits" "too long as written, short enough without white space"
        => "The console removes white space outside strings on saving. The API, the command line and infrastructure \
               tools store the text as given.";
    TOO_MANY_BYTES Warning "LIM-3" "too-many-bytes" "short enough in characters, too long in bytes"
        => "Older copies of AWS's page count bytes, newer ones characters. They differ for texts with other \
               characters than ASCII.";
    RCP_TOO_LONG Warning "LIM-7" "rcp-too-long" "an RCP with more characters than the documented limit"
        => "Whether the limit of RCPs was raised in 2026 together with that of SCPs is not known, so this is a \
               warning.";
}
