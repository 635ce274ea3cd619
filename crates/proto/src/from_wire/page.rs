//! Pages of a list.

/// Items of a page whose size was not stated.
const DEFAULT: u32 = 100;
/// Most items of a page.
const MAX: u32 = 1000;

/// How many items a page has at the most: 1 to 1,000.
#[must_use]
pub fn page_size(stated: u32) -> usize {
    let size = if stated == 0 {
        DEFAULT
    } else {
        stated.min(MAX)
    };
    usize::try_from(size).expect("a thousand fits")
}
