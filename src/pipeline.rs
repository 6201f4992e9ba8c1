//! The whole way of an object, on one page.
