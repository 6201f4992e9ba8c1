//! Residual checks on the bytes that would leave. Trusts nobody: shares no rule with `deidentify`.

pub mod cautions;
pub mod echo;
mod private;
pub mod residual;

mod needles;
mod normal;
pub(crate) mod walk;

mod stage;

pub use stage::{Inspected, inspect};
