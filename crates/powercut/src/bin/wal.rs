//! A write-ahead log as small as can be, to see that the file system bites:
//! `powercut-wal FILE sync|nosync`.
//!
//! Says `recovered N` on stdout, then appends records without end and says the number of each one
//! that it holds for accepted. With `nosync` it says so too early, which only a cut can show.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};

const RECORD_BYTES_MAX: u64 = 1500;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, synced) = match arguments.as_slice() {
        [path, mode] if mode == "sync" => (path, true),
        [path, mode] if mode == "nosync" => (path, false),
        _ => return Err("usage: powercut-wal FILE sync|nosync".into()),
    };
    let mut log = File::options()
        .create(true)
        .read(true)
        .append(true)
        .open(path)?;
    let mut number = recover(&mut log)?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "recovered {number}")?;
    loop {
        number += 1;
        log.write_all(&record(number))?;
        if synced {
            log.sync_data()?;
        }
        writeln!(stdout, "{number}")?;
    }
}

/// Number of the last whole record; what follows it is cut off.
fn recover(log: &mut File) -> io::Result<u64> {
    let mut bytes = Vec::new();
    log.read_to_end(&mut bytes)?;
    let (mut number, mut at) = (0, 0);
    loop {
        let expected = record(number + 1);
        if !bytes[at..].starts_with(&expected) {
            break;
        }
        number += 1;
        at += expected.len();
    }
    log.set_len(at as u64)?;
    log.sync_data()?;
    Ok(number)
}

/// What is written for `number`: its length and its bytes follow from it.
fn record(number: u64) -> Vec<u8> {
    let len = 8 + number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (RECORD_BYTES_MAX - 7);
    (0..len)
        .map(|at| number.wrapping_mul(31).wrapping_add(at).to_le_bytes()[0])
        .collect()
}
