//! Speaks the protocol of AWS Organizations on loopback (API-1 to API-34), faults included: what `scproof-fetch` is
//! tested against.
//!
//! A [`World`] is an organization, made from a seed in any size. A [`Server`] answers for it over HTTP as AWS does:
//! pages of at most 20 with opaque tokens, errors with AWS's names, request rates as published. A script of [`Rule`]s
//! adds what networks and other people do: throttling, broken answers, changes in the middle of a crawl.
//! [`World::truth`] is what a correct snapshot holds, [`Server::statistics`] what was asked.
//!
//! It checks no signatures and enforces no quotas. It is no mock: the client under test uses its real HTTP stack.
//!
//! ```
//! use scproof_organizations_server::{Server, Settings, Sizes, World};
//!
//! let world = World::generate(7, &Sizes { accounts: 60, units: 12, policies: 25, ..Sizes::default() });
//! let server = Server::start(world, Settings::default())?;
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! assert_eq!(server.statistics().calls(), 0);
//! # Ok::<(), std::io::Error>(())
//! ```

mod fault;
mod generate;
mod http;
mod operation;
mod paging;
mod rates;
mod server;
mod statistics;
mod world;

pub use fault::{Effect, Rule};
pub use generate::Sizes;
pub use rates::Rates;
pub use server::{Server, Settings};
pub use statistics::{Call, Statistics};
pub use world::{Account, Change, Policy, RCP, SCP, Unit, World};
