//! The processes above this one: whether an agent has started it, and how.

use std::fs;

/// Processes that are looked at; more than ever stand above one another.
const DEPTH_MAX: usize = 16;

/// The words by which the agent above this process was started. None: there is none, or this system does not
/// say.
pub(super) fn agent() -> Option<Vec<String>> {
    let mut id = parent(std::process::id())?;
    for _ in 0..DEPTH_MAX {
        let words = words(id)?;
        let is_agent = |it: &String| it.rsplit('/').next() == Some("claude");
        if words.iter().take(2).any(is_agent) {
            return Some(words);
        }
        id = parent(id)?;
    }
    None
}

fn words(id: u32) -> Option<Vec<String>> {
    let line = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let words = line.split(|it| *it == 0).filter(|it| !it.is_empty());
    Some(
        words
            .map(|it| String::from_utf8_lossy(it).into_owned())
            .collect(),
    )
}

fn parent(id: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("PPid:"))?;
    line.trim().parse().ok().filter(|it| *it > 0)
}

/// Whether the agent was started so that it takes events of this server.
pub(super) fn takes_events(words: &[String], name: &str) -> bool {
    const FLAGS: [&str; 2] = ["--dangerously-load-development-channels", "--channels"];
    let is_flag = |it: &String| FLAGS.iter().any(|flag| it.starts_with(flag));
    let Some(at) = words.iter().position(is_flag) else {
        return false;
    };
    let server = format!("server:{name}");
    words[at..]
        .iter()
        .any(|it| it.split('=').any(|it| it == server) || it.contains("plugin:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_takes_events_only_if_it_was_told_to() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let flag = "--dangerously-load-development-channels";
        assert!(takes_events(
            &words(&format!("claude {flag} server:ackord")),
            "ackord"
        ));
        assert!(takes_events(
            &words(&format!("claude {flag}=server:ackord -c")),
            "ackord"
        ));
        assert!(!takes_events(
            &words(&format!("claude {flag} server:other")),
            "ackord"
        ));
        assert!(!takes_events(&words("claude server:ackord"), "ackord"));
    }
}
