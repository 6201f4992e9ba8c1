//! Load, compile, prove and explain the rules, contracts and checks. Rules are data in `config/`; the shipped ones are
//! also inside the binary, so that it runs alone.

pub mod checks;
pub mod profile;
pub mod source;

pub use source::Problem;
