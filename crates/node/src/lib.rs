//! Part of Ackord.
