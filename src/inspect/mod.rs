//! Residual checks on the bytes that would leave. Trusts nobody: shares no rule with `deidentify`.

pub mod cautions;
mod claims;
mod compare;
mod days;
mod detect;
mod links;
pub mod echo;
mod pixels;
mod place;
mod private;
pub mod residual;
mod rows;

mod needles;
mod normal;
mod readings;
pub(crate) mod walk;

mod stage;

pub use stage::{Inspected, inspect};
