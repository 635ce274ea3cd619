//! What an agent is shown of a delivery.
//!
//! Three things are kept apart, because a model cannot tell by itself who says what:
//!
//! * *what to do* comes first: the route's instruction, which the team wrote;
//! * *what came* follows between two marks: the body, which anybody may have written. The marks are drawn
//!   anew for each delivery and stand nowhere in the body, so it cannot end itself. Characters that
//!   steer a terminal, turn text around or cannot be seen are written out ([`neutral`]), and what is
//!   longer than the route allows is cut, with a word on where the rest is ([`show`]);
//! * *what we know* goes beside the text, as fields whose names and values fit every agent ([`meta`]).
//!
//! Pure: no IO, no clock, and the randomness is the caller's.

mod characters;
mod fields;
mod page;

pub use characters::{is_plain, neutral};
pub use fields::{Fields, meta};
pub use page::{Instruction, Page, Shown, show};
