//! Which formats the members' programs know. A newer one is used only once the cluster is told so
//! by command, and that is refused while a member could not follow: it would stop there.

use std::time::Duration;

use ackord_core::id::NodeId;

use crate::Machine;

/// A member that was not heard for so long may be another program by now.
const HEARD_MAX: Duration = Duration::from_secs(5);

/// Why the cluster's format cannot be raised now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatRefusal {
    /// Members do not answer, and nobody knows what their programs know.
    #[error("{} cannot be asked which format its program knows", names(.0))]
    Silent(Vec<NodeId>),
    /// The programs of members do not know the format.
    #[error("the program of {} does not know format {format}", names(nodes))]
    TooOld {
        /// The format.
        format: u32,
        /// Those members.
        nodes: Vec<NodeId>,
    },
}

impl Machine {
    /// The greatest format that this program knows.
    pub fn known_format(&self) -> u32 {
        self.exchange.introductions.format
    }

    /// The format that the cluster may be raised to: `wanted`, or the greatest that all members
    /// know. It may be the present one.
    ///
    /// # Errors
    /// A member could not follow, or cannot be asked.
    pub fn format_to_raise(&self, wanted: Option<u32>) -> Result<u32, FormatRefusal> {
        let status = self.status();
        let mut known = Vec::new();
        let mut silent = Vec::new();
        for member in &status.members {
            let node = NodeId(member.node);
            if member.node == status.node {
                known.push((node, self.known_format()));
                continue;
            }
            let met = self.exchange.introductions.known.last(member.node);
            match met.filter(|it| it.when.elapsed() < HEARD_MAX) {
                Some(met) => known.push((node, met.format)),
                None => silent.push(node),
            }
        }
        judge(&known, silent, wanted)
    }
}

fn judge(
    known: &[(NodeId, u32)],
    silent: Vec<NodeId>,
    wanted: Option<u32>,
) -> Result<u32, FormatRefusal> {
    if !silent.is_empty() {
        return Err(FormatRefusal::Silent(silent));
    }
    let least = known.iter().map(|it| it.1).min().unwrap_or_default();
    let format = wanted.unwrap_or(least);
    if format > least {
        let too_old = known.iter().filter(|it| it.1 < format);
        let nodes = too_old.map(|it| it.0).collect();
        return Err(FormatRefusal::TooOld { format, nodes });
    }
    Ok(format)
}

fn names(nodes: &[NodeId]) -> String {
    let names: Vec<String> = nodes.iter().map(NodeId::to_string).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [(NodeId, u32); 3] = [(NodeId(1), 3), (NodeId(2), 2), (NodeId(3), 3)];

    #[test]
    fn the_greatest_format_is_the_one_that_all_know() {
        assert_eq!(judge(&KNOWN, vec![], None), Ok(2));
        assert_eq!(judge(&KNOWN, vec![], Some(1)), Ok(1));
    }

    #[test]
    fn who_could_not_follow_is_named() {
        let refusal = judge(&KNOWN, vec![], Some(3)).expect_err("node 2 does not know it");
        let nodes = vec![NodeId(2)];
        assert_eq!(refusal, FormatRefusal::TooOld { format: 3, nodes });
        assert!(refusal.to_string().contains("node_2"), "{refusal}");
    }

    #[test]
    fn who_is_silent_may_know_nothing() {
        let refusal = judge(&KNOWN[..2], vec![NodeId(3)], None);
        assert_eq!(refusal, Err(FormatRefusal::Silent(vec![NodeId(3)])));
    }
}
