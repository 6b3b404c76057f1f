//! Reports serialize as what [`Format::Json`](crate::Format::Json) prints (feature `serde`).

use serde::{Serialize, Serializer};

use super::{
    answer, audit, effective, effective_set, explanation, impact, replay, show, tree, validation, who_can, why,
};
use crate::{
    Answer, AuditReport, Effective, EffectiveSet, Explanation, ImpactReport, Replayed, Report, Show, Tree, Validation,
    WhoCanReport, Why,
};

macro_rules! serialize {
    ($($report:ty => $document:path;)+) => {
        $(
            impl Serialize for $report {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    $document(self).serialize(serializer)
                }
            }
        )+
    };
}

serialize! {
    Answer<'_> => answer::document;
    AuditReport<'_> => audit::document;
    Effective<'_> => effective::document;
    EffectiveSet<'_> => effective_set::document;
    Explanation => explanation::document;
    ImpactReport<'_> => impact::document;
    Replayed<'_> => replay::document;
    Show<'_> => show::document;
    Tree<'_> => tree::document;
    Validation => validation::document;
    WhoCanReport<'_> => who_can::document;
    Why<'_> => why::document;
}

impl Serialize for Report<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Answer(answer) => answer.serialize(serializer),
            Self::WhoCan(report) => report.serialize(serializer),
            Self::Why(why) => why.serialize(serializer),
            Self::Effective(effective) => effective.serialize(serializer),
            Self::EffectiveSet(set) => set.serialize(serializer),
            Self::Impact(report) => report.serialize(serializer),
            Self::Replay(replayed) => replayed.serialize(serializer),
            Self::Audit(report) => report.serialize(serializer),
            Self::Tree(tree) => tree.serialize(serializer),
            Self::Show(show) => show.serialize(serializer),
            Self::Validation(validation) => validation.serialize(serializer),
            Self::Explanation(explanation) => explanation.serialize(serializer),
        }
    }
}
