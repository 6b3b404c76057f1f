//! Answers on small organizations, as pages.

mod answer;
