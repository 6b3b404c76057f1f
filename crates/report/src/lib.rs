//! Renders scproof answers as text and versioned JSON.
