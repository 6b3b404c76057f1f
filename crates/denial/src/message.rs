//! The message of an error, as a denial.

use scproof_evaluator::Context;
use scproof_trail::{Sentence, read_sentence};

use crate::denial::{Denial, account_of};
use crate::error::DenialError;

pub(crate) fn read(text: &str) -> Result<Denial, DenialError> {
    let Sentence { principal, action, resource, cause, is_encoded } =
        read_sentence(text).ok_or(if text.is_empty() { DenialError::Empty } else { DenialError::OtherText })?;
    let (principal, action) = match (principal, action) {
        (None, None) if is_encoded => return Err(DenialError::Encoded),
        (None, _) => return Err(DenialError::NoCaller),
        (_, None) => return Err(DenialError::NoAction),
        (Some(principal), Some(action)) => (principal, action),
    };
    let account = account_of(&principal).ok_or_else(|| DenialError::NoAccount(principal.clone()))?.to_owned();
    Ok(Denial { account, principal, action, resource, region: None, context: Context::new(), cause, time: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_denial() {
        assert!(matches!(read(""), Err(DenialError::Empty)));
        assert!(matches!(read("no such bucket"), Err(DenialError::OtherText)));
        let encoded = "You are not authorized to perform this operation. Encoded authorization failure message: Zm9v";
        assert!(matches!(read(encoded), Err(DenialError::Encoded)));
        let nobody = "User: anonymous is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/x";
        assert!(matches!(read(nobody), Err(DenialError::NoAccount(name)) if name == "anonymous"));
        let nothing = "User: arn:aws:iam::111111111111:user/ann is not authorized to perform: this";
        assert!(matches!(read(nothing), Err(DenialError::NoAction)));
        assert!(matches!(read(" is not authorized to perform: s3:GetObject"), Err(DenialError::NoCaller)));
    }
}
