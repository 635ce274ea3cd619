//! Tests of the code's own manners: which crate may know which, and what a file may hold. Nothing
//! here is shipped.
