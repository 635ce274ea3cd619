//! A look at all rows that goes on behind what is wrong with them, and changes nothing.

use std::io;
use std::ops::ControlFlow;

use super::value;
use super::view::RowView;
use crate::engine::{Family, Order};
use crate::key;

/// Faults that are named; of more there is only the number.
const FAULTS_NAMED: usize = 20;

/// What all rows are like.
#[derive(Debug, Default)]
pub struct RowSurvey {
    /// Rows that are there.
    pub rows: u64,
    /// Events among them.
    pub events: u64,
    /// The first rows that cannot be read, and why.
    pub faults: Vec<String>,
    /// All rows that cannot be read.
    pub fault_count: usize,
}

impl RowView {
    /// Reads every row.
    ///
    /// # Errors
    /// The disk fails, or a file of it is damaged.
    pub fn survey(&self) -> io::Result<RowSurvey> {
        let mut survey = RowSurvey::default();
        for family in Family::ROWS {
            let mut look = |key: &[u8], bytes: &[u8]| {
                if key != key::APPLIED {
                    survey.rows += 1;
                    survey.events += u64::from(*family == Family::Events);
                    survey.look(key, bytes);
                }
                Ok(ControlFlow::Continue(()))
            };
            let whole: &[u8] = &[];
            self.read()
                .scan(*family, whole..&[u8::MAX], Order::Forward, &mut look)?;
        }
        Ok(survey)
    }
}

impl RowSurvey {
    fn look(&mut self, bytes: &[u8], row: &[u8]) {
        let key = key::decode(bytes).map_err(|it| format!("{it}, of {} bytes", bytes.len()));
        let read = key.and_then(|it| value::decode(&it, row).map_err(|it| it.to_string()));
        if let Err(fault) = read {
            self.fault_count += 1;
            if self.faults.len() < FAULTS_NAMED {
                self.faults.push(fault);
            }
        }
    }
}
