//! What Claude Code's hooks say: processes of their own, which read what the adapter has [marked](crate::mark).
//!
//! * `pre-tool-use`: an interrupt that the model has not looked at goes before any other tool.
//! * `stop`: a model that would end its turn with an event at hand is told so, once.
//! * `session-start`: a model begins by knowing what waits.
//!
//! A hook that knows nothing says nothing, and never keeps a model from working.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::mark::{Marked, MarkedEvent};
use crate::tools;

/// When a hook is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The model is about to use a tool.
    PreToolUse,
    /// The model is about to end its turn.
    Stop,
    /// A session begins, or goes on.
    SessionStart,
}

/// What the host tells a hook, as far as it matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Told {
    /// The host's own session.
    #[serde(default)]
    pub session_id: String,
    /// The tool that is about to be used.
    #[serde(default)]
    pub tool_name: String,
    /// A stop hook has kept the model from ending already.
    #[serde(default)]
    pub stop_hook_active: bool,
}

impl Told {
    /// Reads what the host tells. What cannot be read tells nothing.
    #[must_use]
    pub fn read(text: &[u8]) -> Self {
        serde_json::from_slice(text).unwrap_or_default()
    }
}

/// What a hook answers. None: nothing.
#[must_use]
pub fn answer(moment: Moment, told: &Told, marked: Option<&Marked>) -> Option<Value> {
    let marked = marked?;
    let event = marked.event.as_ref();
    match moment {
        Moment::PreToolUse => event.and_then(|it| pre_tool_use(&told.tool_name, it)),
        Moment::Stop if told.stop_hook_active => None,
        Moment::Stop if marked.deaf => Some(revive()),
        Moment::Stop => event.map(stop),
        Moment::SessionStart => event.map(session_start),
    }
}

fn pre_tool_use(tool: &str, event: &MarkedEvent) -> Option<Value> {
    if !event.interrupt || event.claimed || is_ours(tool) {
        return None;
    }
    let why = format!(
        "An interrupt goes first: event {}. Call event_next now, and do what it says; then go on here.",
        event.id
    );
    Some(json!({
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": why,
        }
    }))
}

/// A tool of the adapter, however it is named in the host, or the one by which tools are found.
fn is_ours(tool: &str) -> bool {
    let name = tool.rsplit("__").next().unwrap_or(tool);
    tool == "ToolSearch" || (tool.starts_with("mcp__") && tools::is_tool(name))
}

fn stop(event: &MarkedEvent) -> Value {
    let id = &event.id;
    let why = match event.claimed {
        false => format!("Event {id} waits for you. Call event_next, and work on it."),
        true => format!(
            "Event {id} has no answer yet. If its work is done, call event_ack; if it cannot be done, \
             event_nack. If it goes on in the background, just end again."
        ),
    };
    json!({ "decision": "block", "reason": why })
}

fn revive() -> Value {
    let why = "An event came for this session, and nobody looked at it in time. It gets no more until you \
               call event_next: call it now.";
    json!({ "decision": "block", "reason": why })
}

fn session_start(event: &MarkedEvent) -> Value {
    let context = format!(
        "Ackord: event {} is at hand for this session. Call event_next to read it.",
        event.id
    );
    json!({
        "hookSpecificOutput": {
            "hookEventName": "SessionStart",
            "additionalContext": context,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(claimed: bool, interrupt: bool) -> Marked {
        Marked {
            pid: 1,
            key: "k".to_owned(),
            project: None,
            event: Some(MarkedEvent {
                id: "evt_1".to_owned(),
                claimed,
                interrupt,
            }),
            deaf: false,
        }
    }

    fn before(tool: &str, marked: &Marked) -> Option<Value> {
        let told = Told {
            tool_name: tool.to_owned(),
            ..Told::default()
        };
        answer(Moment::PreToolUse, &told, Some(marked))
    }

    #[test]
    fn an_interrupt_goes_before_any_tool_but_ours() {
        let interrupt = marked(false, true);
        let denied = before("Bash", &interrupt).expect("it says no");
        assert_eq!(denied["hookSpecificOutput"]["permissionDecision"], "deny");
        assert_eq!(before("mcp__ackord__event_next", &interrupt), None);
        assert_eq!(
            before("mcp__plugin_ackord_ackord__event_ack", &interrupt),
            None
        );
        assert!(before("mcp__other__delete", &interrupt).is_some());
        assert_eq!(before("Bash", &marked(true, true)), None, "it was seen");
        assert_eq!(before("Bash", &marked(false, false)), None, "no interrupt");
    }

    #[test]
    fn a_turn_does_not_end_with_an_event_at_hand_the_first_time() {
        let told = Told::default();
        let said = answer(Moment::Stop, &told, Some(&marked(false, false))).expect("a word");
        assert_eq!(said["decision"], "block");
        let again = Told {
            stop_hook_active: true,
            ..told
        };
        assert_eq!(
            answer(Moment::Stop, &again, Some(&marked(false, false))),
            None
        );
    }

    #[test]
    fn a_turn_does_not_end_with_a_session_that_gets_nothing() {
        let deaf = Marked {
            event: None,
            deaf: true,
            ..marked(false, false)
        };
        let said = answer(Moment::Stop, &Told::default(), Some(&deaf)).expect("a word");
        let why = said["reason"].as_str().expect("words");
        assert!(why.contains("event_next"), "{why}");
    }

    #[test]
    fn who_knows_nothing_says_nothing() {
        let nothing = Marked {
            event: None,
            ..marked(false, false)
        };
        for moment in [Moment::PreToolUse, Moment::Stop, Moment::SessionStart] {
            let told = Told::read(b"no JSON");
            assert_eq!(answer(moment, &told, None), None);
            assert_eq!(answer(moment, &told, Some(&nothing)), None);
        }
    }
}
