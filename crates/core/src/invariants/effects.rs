//! Rules about what events have done outside.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::limits::EFFECTS_PER_EVENT;
use crate::state::State;

/// An event that has effects has a ledger with so many, each key once; one that has none has no
/// ledger, and no ledger is without its event.
pub(super) fn an_event_counts_its_effects(_: &State, all: &All) -> Result<(), String> {
    for (id, event) in &all.events {
        let effects = all.ledgers.get(id).map(|it| &it.effects);
        let right = match effects {
            None => event.effects == 0,
            Some(effects) => {
                let keys: BTreeSet<&str> = effects.iter().map(|it| it.key.as_str()).collect();
                (1..=EFFECTS_PER_EVENT).contains(&effects.len())
                    && effects.len() == event.effects as usize
                    && keys.len() == effects.len()
            }
        };
        ensure(right, || {
            format!("{} counts {}: {effects:?}", event.id, event.effects)
        })?;
    }
    let orphan = all.ledgers.keys().find(|it| !all.events.contains_key(it));
    ensure(orphan.is_none(), || format!("a ledger of {orphan:?}"))
}

/// Whoever began an effect had the event.
pub(super) fn an_effect_is_of_a_delivery_that_was(_: &State, all: &All) -> Result<(), String> {
    for (id, ledger) in &all.ledgers {
        let last = all.events.get(id).map_or(0, |it| it.delivery);
        for effect in &ledger.effects {
            ensure((1..=last).contains(&effect.delivery), || {
                format!("{:?} of {} deliveries: {effect:?}", id.1, last)
            })?;
        }
    }
    Ok(())
}
