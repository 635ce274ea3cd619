//! What a field may say. Stricter than the library, which takes a step that is never reached, and a
//! list with nothing between its commas; what the library does not take is refused in our words.

use crate::error::{Field, ScheduleError};

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// What a field counts.
struct Rule {
    least: u16,
    most: u16,
    names: &'static [&'static str],
    takes: &'static str,
}

impl Rule {
    const fn of(field: Field) -> Self {
        let (least, most, names, takes): (_, _, &[&str], _) = match field {
            Field::Minute => (0, 59, &[], "0 to 59"),
            Field::Hour => (0, 23, &[], "0 to 23"),
            Field::DayOfMonth => (1, 31, &[], "1 to 31, L, 15W or LW"),
            Field::Month => (1, 12, &MONTHS, "1 to 12 or JAN to DEC"),
            Field::DayOfWeek => (0, 7, &DAYS, "0 to 7 (both are Sunday) or SUN to SAT"),
        };
        Self {
            least,
            most,
            names,
            takes,
        }
    }

    fn value(&self, text: &str) -> Result<u16, String> {
        let mut names = self.names.iter();
        if let Some(at) = names.position(|it| text.eq_ignore_ascii_case(it)) {
            return Ok(u16::try_from(at).unwrap_or_default() + self.least);
        }
        let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let value = text.parse().ok().filter(|_| digits);
        value
            .filter(|it| (self.least..=self.most).contains(it))
            .ok_or_else(|| format!("'{text}' is not among {}", self.takes))
    }

    fn range(&self, text: &str) -> Result<(), String> {
        let Some((from, to)) = text.split_once('-') else {
            return self.value(text).map(drop);
        };
        let from = self.value(from)?;
        // As the end of a range, Sunday comes after Saturday.
        let sunday = self.most == 7 && to.eq_ignore_ascii_case("SUN");
        let to = if sunday { 7 } else { self.value(to)? };
        if from > to {
            return Err(format!("the range '{text}' ends before it begins"));
        }
        Ok(())
    }

    fn step(&self, range: &str, step: &str) -> Result<(), String> {
        if range != "*" {
            if !range.contains('-') {
                return Err(format!(
                    "a step goes with '*' or a range, as in '*/{step}' or '{}-{}/{step}'",
                    self.least, self.most
                ));
            }
            self.range(range)?;
        }
        let digits = !step.is_empty() && step.bytes().all(|it| it.is_ascii_digit());
        let steps = step.parse::<u16>().ok().filter(|_| digits);
        let within = steps.is_some_and(|it| (1..=self.most).contains(&it));
        within
            .then_some(())
            .ok_or_else(|| format!("the step '{step}' is not among 1 to {}", self.most))
    }
}

/// Refuses what is no field of this kind, and says why.
pub(crate) fn check(field: Field, text: &str) -> Result<(), ScheduleError> {
    let items = match field {
        // Both days must fit.
        Field::DayOfWeek => text.strip_prefix('+').unwrap_or(text),
        Field::Minute | Field::Hour | Field::DayOfMonth | Field::Month => text,
    };
    let checked = items.split(',').try_for_each(|it| item(field, items, it));
    checked.map_err(|why| ScheduleError::Field {
        field,
        text: text.to_owned(),
        why,
    })
}

fn item(field: Field, all: &str, text: &str) -> Result<(), String> {
    let rule = Rule::of(field);
    if text.is_empty() {
        return Err("nothing stands where a value should".to_owned());
    }
    if text == "*" {
        return match all {
            "*" => Ok(()),
            _ => Err("'*' is every value: it stands alone".to_owned()),
        };
    }
    if let Some((range, step)) = text.split_once('/') {
        return rule.step(range, step);
    }
    match field {
        Field::DayOfMonth if text == "?" && all == "?" => Ok(()),
        Field::DayOfWeek if text == "?" && all == "?" => Ok(()),
        Field::DayOfMonth => day_of_month(&rule, text),
        Field::DayOfWeek => day_of_week(&rule, text),
        Field::Minute | Field::Hour | Field::Month => rule.range(text),
    }
}

fn day_of_month(rule: &Rule, text: &str) -> Result<(), String> {
    if text.eq_ignore_ascii_case("L") || text.eq_ignore_ascii_case("LW") {
        return Ok(());
    }
    match text.strip_suffix(['W', 'w']) {
        Some(day) => rule.value(day).map(drop),
        None => rule.range(text),
    }
}

fn day_of_week(rule: &Rule, text: &str) -> Result<(), String> {
    if let Some((days, which)) = text.split_once('#') {
        let which = which.to_ascii_uppercase();
        if !matches!(which.as_str(), "1" | "2" | "3" | "4" | "5" | "L") {
            return Err(format!("'#{which}' is not among #1 to #5 and #L"));
        }
        return rule.range(days);
    }
    match text.strip_suffix(['L', 'l']) {
        Some(day) => rule.value(day).map(drop),
        None => rule.range(text),
    }
}
