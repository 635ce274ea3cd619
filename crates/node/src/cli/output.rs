//! What the program prints: data to the standard output, all else to the standard error output.
//! The only place that prints. It does not panic when nobody reads any more, as after `| head`.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use comfy_table::{Cell, Table};
use serde::Serialize;

use super::failure::Failure;

/// The form of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs: one JSON object a line. Ids are text, times RFC 3339 in UTC, lengths of time
    /// milliseconds in fields named `*_ms`.
    Json,
}

/// A thing that a list shows: a row for people, an object for programs.
pub(crate) trait Row: Serialize {
    /// The heads of the columns.
    const HEAD: &'static [&'static str];

    /// One text for each column.
    fn cells(&self) -> Vec<String>;
}

/// A thing that is shown by itself: named lines for people, an object for programs.
pub(crate) trait Card: Serialize {
    /// The lines, in order; one with an empty text is left out.
    fn lines(&self) -> Vec<(&'static str, String)>;
}

/// Where and how to print.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    format: Format,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    /// Whether a program reads the data.
    pub(crate) fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// A list. `none` is what people are told if it is empty.
    pub(crate) fn list<T: Row>(self, rows: &[T], none: &str) {
        match self.format {
            Format::Json => rows.iter().for_each(json),
            Format::Table if rows.is_empty() => note(none),
            Format::Table => data(table(rows)),
        }
    }

    /// A thing by itself.
    pub(crate) fn card<T: Card>(self, it: &T) {
        match self.format {
            Format::Json => json(it),
            Format::Table => data(columns(it.lines())),
        }
    }

    /// The outcome of a command: one sentence for people, an object for programs.
    pub(crate) fn done<T: Serialize>(self, it: &T, sentence: &str) {
        match self.format {
            Format::Json => json(it),
            Format::Table => data(sentence.to_owned()),
        }
    }

    /// What another program prints: data, unless a program reads ours.
    pub(crate) fn passed_on(self, bytes: &[u8]) -> io::Result<()> {
        match self.format {
            Format::Table => written(bytes),
            Format::Json => io::stderr().write_all(bytes),
        }
    }

    /// Bytes as they are.
    pub(crate) fn bytes(self, bytes: &[u8]) {
        written(bytes).unwrap_or_else(|it| unread(&it));
    }
}

/// Tells people something that is no data.
pub(crate) fn note(text: impl AsRef<str>) {
    told(format_args!("{}\n", text.as_ref()));
}

/// Whether people look on; a log is told less often.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Tells people how far it is, in place of what was told before.
pub(crate) fn progress(text: &str) {
    if is_watched() {
        told(format_args!("\r\x1b[K{text}"));
    } else {
        note(text);
    }
}

/// Ends a line of [`progress`].
pub(crate) fn progress_done() {
    if is_watched() {
        note("");
    }
}

fn told(text: std::fmt::Arguments<'_>) {
    // Nobody is left to be told that nobody is told.
    let _unseen = io::stderr().write_fmt(text);
}

fn data(mut line: String) {
    line.push('\n');
    written(line.as_bytes()).unwrap_or_else(|it| unread(&it));
}

fn written(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Data cannot be printed: the program has nothing more to do. Whoever reads no further has what
/// he wanted. Anybody else is not told what came of it: it may have been done.
fn unread(error: &io::Error) -> ! {
    if error.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    let failure = Failure::unknown(format!("what came of it cannot be printed: {error}"));
    note(failure.to_string());
    std::process::exit(failure.code().into());
}

fn json(it: &impl Serialize) {
    let line = serde_json::to_string(it).expect("plain data has a JSON form");
    data(line);
}

/// A table without lines, which is easy on `grep` and `awk` too.
fn table<T: Row>(rows: &[T]) -> String {
    let mut table = bare();
    table.set_header(T::HEAD.iter().map(|it| it.to_uppercase()));
    table.add_rows(
        rows.iter()
            .map(|it| it.cells().into_iter().map(|it| Cell::new(printable(&it)))),
    );
    trimmed(table)
}

fn columns(lines: Vec<(&'static str, String)>) -> String {
    let mut table = bare();
    for (name, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
        table.add_row([name.to_owned(), printable_lines(&text)]);
    }
    trimmed(table)
}

fn bare() -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table
}

/// Two blanks between columns, none around them.
fn trimmed(mut table: Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

/// The text without what could move the cursor, hide or forge something on a terminal: what people
/// see comes from outside.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|it| if is_harmless(it) { it } else { '\u{fffd}' })
        .collect()
}

/// The same for text of several lines.
pub(crate) fn printable_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

fn is_harmless(it: char) -> bool {
    it != '\n' && ackord_render::is_plain(it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Pair(&'static str, &'static str);

    impl Row for Pair {
        const HEAD: &'static [&'static str] = &["left", "right"];

        fn cells(&self) -> Vec<String> {
            vec![self.0.to_owned(), self.1.to_owned()]
        }
    }

    #[test]
    fn a_table_is_aligned_and_has_no_lines() {
        let text = table(&[Pair("a", "b"), Pair("longer", "c")]);
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        assert_eq!(lines, ["LEFT    RIGHT", "a       b", "longer  c"]);
    }

    #[test]
    fn text_from_outside_cannot_steer_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb"), "a\u{fffd}[2Jb");
        assert_eq!(printable("evil\u{202e}txt"), "evil\u{fffd}txt");
        assert_eq!(printable_lines("one\ntwo\r\nthree"), "one\ntwo\nthree");
    }
}
