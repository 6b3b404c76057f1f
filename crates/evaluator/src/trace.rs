//! What an evaluation may want to remember: which unsure rules and which unknown facts a value rests on.

use scproof_policy_parser::Template;

use crate::state::KeyState;
use crate::truth::Truth;

/// The number of a context key among all keys that the policies of an organization name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeySlot(pub(crate) u32);

/// Receives the reasons of unknown values. A decision uses [`NoTrace`], which compiles to nothing.
pub(crate) trait Trace {
    /// An unsure rule left a value open.
    fn unsure(&mut self, rule: &'static str);
    /// An unsure rule was settled by its preferred reading.
    fn assumed(&mut self, rule: &'static str);
    /// An unknown key left a value open.
    fn key(&mut self, slot: KeySlot);
    /// The unknown resource left a value open.
    fn resource(&mut self);
}

/// Remembers nothing.
#[derive(Debug)]
pub(crate) struct NoTrace;

impl Trace for NoTrace {
    fn unsure(&mut self, _: &'static str) {}
    fn assumed(&mut self, _: &'static str) {}
    fn key(&mut self, _: KeySlot) {}
    fn resource(&mut self) {}
}

/// Remembers everything, in order, with repetitions.
#[derive(Debug, Default)]
pub(crate) struct Reasons {
    pub(crate) rules: Vec<&'static str>,
    pub(crate) assumed: Vec<&'static str>,
    pub(crate) keys: Vec<KeySlot>,
    pub(crate) resource: bool,
}

impl Trace for Reasons {
    fn unsure(&mut self, rule: &'static str) {
        self.rules.push(rule);
    }
    fn assumed(&mut self, rule: &'static str) {
        self.assumed.push(rule);
    }
    fn key(&mut self, slot: KeySlot) {
        self.keys.push(slot);
    }
    fn resource(&mut self) {
        self.resource = true;
    }
}

/// One evaluation: the states of all keys of the request, how unsure rules are read, and who listens.
#[derive(Debug)]
pub(crate) struct Evaluation<'a, T> {
    pub(crate) states: &'a [KeyState],
    pub(crate) assume_preferred: bool,
    pub(crate) trace: T,
}

impl<'a, T: Trace> Evaluation<'a, T> {
    /// The state of a key.
    pub(crate) fn state(&self, slot: KeySlot) -> &'a KeyState {
        self.states.get(slot.0 as usize).unwrap_or(&KeyState::OtherFold)
    }

    /// Two readings of an unsure rule: their common value, else unknown, or the preferred one if that is asked for
    /// (GEN-3).
    pub(crate) fn readings(&mut self, rule: &'static str, preferred: Truth, other: Truth) -> Truth {
        if preferred == other {
            preferred
        } else if self.assume_preferred {
            self.trace.assumed(rule);
            preferred
        } else {
            self.trace.unsure(rule);
            Truth::Unknown
        }
    }

    /// A rule without a preferred reading left the value open.
    pub(crate) fn open(&mut self, rule: &'static str) -> Truth {
        self.trace.unsure(rule);
        Truth::Unknown
    }
}

/// A text with policy variables whose keys are numbered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SlottedTemplate {
    pub(crate) template: Template,
    /// The slots of its variables, in order.
    pub(crate) slots: Box<[KeySlot]>,
}
