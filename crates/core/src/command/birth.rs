/// "Here begins a cluster." The first command of its log, and only once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    /// Identity of the cluster, not zero.
    pub cluster: u128,
    /// SHA-256 of the first admin token's secret.
    pub admin: [u8; 32],
}
