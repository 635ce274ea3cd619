/// "Time passed": acts on what is due at the entry's stamp, a bounded amount. The next deadline
/// tells whether something is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick;
