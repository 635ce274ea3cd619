//! Scripts: commands in words, and below a line everything that the machine said to them.
//!
//! ```text
//! # Why this story is told.
//! at 10s submit e1 tag=build class=priority
//! ack e1/1 "done"
//! ----
//! accepted e1
//! > deliver e1/1 to s1
//! acked at 10s
//! ```
//!
//! Each line above `----` is an entry of the log of its own, unless the block begins with `batch`:
//! then they are one. Each entry is first tried with every one of its reads gone wrong, and after
//! it all invariants are checked. A story begins with a cluster that has the operator's token
//! `root`, the team `acme`, and in it a token `acme` that may manage, submit and attach; with
//! `fresh` it begins with nothing.
//!
//! | Verb | Says |
//! |---|---|
//! | `at 10s`, `at 10s VERB …` | the leader's stamp from here on |
//! | `wait 10m` | the timer runs: a tick at each deadline until so much later |
//! | `birth cluster=1`, `team NAME`, `set-team events_kept=1h`, `token NAME roles=a,b tags=x,y`, `revoke NAME` | who is there |
//! | `queue TAG lease=5m strict …`, `pause TAG`, `resume TAG`, `drain TAG` | settings; `-` is the untagged queue |
//! | `submit e1 tag= class= key= dedup= content= source delay= ttl= attempts= lease= type=` | an event; `p1..p9` are nine |
//! | `attach s1 tag= nonce= node=`, `detach s1 stream= bye`, `node 1 incarnation= after=` | streams |
//! | `confirm s1 e1/1 s2 e2/1`, `seen s1 s2`, `claim e1/1`, `extend e1/1 e2/1 note=` | deliveries that go on |
//! | `ack e1/1 "summary"`, `nack e1/1 reject delay= reason= note=` | deliveries that end |
//! | `cancel e1`, `replay e1`, `purge e1`, `job replay|purge|cancel tag= cause= type=` | what people do |
//! | `source NAME mode= bytes= secrets=a,b silence=2h silence_tag=`, `set-source NAME revision= …`, `unsource NAME`, `pair NAME for=10m` | sources |
//! | `receive NAME e1 e2 revision= dedup= body_hash= kept= tags=a,b …`, `receive NAME e1 unmatched`, `receive NAME dropped`, `reroute NAME e1 tag=` | what comes to them |
//! | `cron NAME next=10s schedule= zone= tag= class= key= ttl= overlap= catch_up= starts= ends= prompt= silence=2h silence_tag= silence_class=`, `set-cron NAME revision= …`, `uncron NAME`, `pause-cron NAME`, `resume-cron NAME next=`, `fire NAME e1 dedup=` | crons |
//! | `decide NAME at=10s next=20s over=3 last=19s revision=` | a tick of one: what it becomes is called `NAME@10s` |
//! | `checkpoint e1/1 note=`, `handoff e1/1 TAG note=`, `begin e1/1 KEY nonce=`, `complete e1/1 KEY result=`, `force e1/1 KEY reason=` | what a session says of its work |
//! | `send e1 e2 tags=a,b from=s1 nonce= class= key= delay= ttl= thread= re=e0 dedup= "text"`, `ack e1/1 effects=KEY:RESULT,… emit1="submit e2 …" emit2="send e3 …" emit3="fire NAME e4"` | what it says to others, and does with crons; `everybody` in place of tags has as many names as it may go to |
//! | `ask NAME from=s1 nonce= fence=e1/1 tool= preview= to=TAG for=5m "wants"`, `answer NAME allow|deny reason=` | what it asks to be allowed; `to=token:NAME` asks one token |
//! | `tick`, `restart` | time passed; the process began anew from its rows |
//! | `why e1`, `show e1`, `show s1`, `show queue TAG`, `show cron NAME`, `show dead`, `show history`, `show rows`, `show ledger e1`, `show message e1`, `show approval NAME`, `deadline`, `outstanding 1` | what is there |
//!
//! Any command takes `by=TOKEN` (or `by=source:NAME`) and `team=NAME`.

mod agents;
mod approvals;
mod crons;
mod line;
mod say;
mod show;
mod sources;
mod verbs;
mod world;

use std::fmt::Write;

pub(crate) use world::{Scrutiny, World};

/// Runs a script and answers it with what the machine says now.
pub(crate) fn rerun(script: &str) -> String {
    let mut world = World::new();
    world.scrutiny = Scrutiny::Faults;
    let mut told = String::new();
    let mut lines = script.lines().peekable();
    while let Some(first) = lines.next() {
        if first.is_empty() || first.starts_with('#') {
            writeln!(told, "{first}").expect("a string takes all");
            continue;
        }
        let mut block = vec![first];
        while let Some(line) = lines.next_if(|it| *it != "----") {
            assert!(!line.is_empty(), "no ---- below {first:?}");
            block.push(line);
        }
        lines.next();
        while lines.next_if(|it| !it.is_empty()).is_some() {}

        let said = world.run(block.iter().filter(|it| !it.starts_with('#')).copied());
        let block = block.join("\n");
        write!(told, "{block}\n----\n{said}").expect("a string takes all");
    }
    told
}
