//! Pages by keys: what a page costs is what it looks at, and that is bounded, however many rows there are and however few fit.

use super::StoreError;
use super::sql::Row;
use serde::Serialize;

/// Rows that one page looks at, at most: a filter that fits few of a million does not read them all at once.
pub(super) const LOOK_AT: usize = 10_000;
/// Rows read at a time where a filter may leave some out.
const BITE: u32 = 500;

/// A page of a list, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct Paged<T> {
    /// Fewer than asked for, maybe none, where many had to be looked at.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a list is read by.
pub(super) trait Listed {
    /// What becomes of a row.
    type Item;

    /// Everything that is read fits.
    fn is_plain(&self) -> bool;

    /// The next rows that may fit, at most so many. Without a key: the newest.
    fn rows(&self, before: Option<&str>, most: u32) -> Result<Vec<Row>, StoreError>;

    /// Where a page that ended with this row goes on.
    fn key(&self, row: &Row) -> Result<String, StoreError>;

    /// Whether it is asked for.
    fn fits(&self, row: &Row) -> Result<bool, StoreError>;

    /// What is shown of it.
    fn item(&self, row: &Row) -> Result<Self::Item, StoreError>;
}

/// Reads on, a bite at a time, until the page is full, nothing is left, or enough was looked at.
pub(super) fn page<L: Listed>(list: &L, before: Option<&str>, limit: u32) -> Result<Paged<L::Item>, StoreError> {
    let most = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
    let bite = if list.is_plain() { limit.clamp(1, BITE).saturating_add(1) } else { BITE };
    let mut page = Paged { items: Vec::new(), next: None };
    let mut before = before.map(str::to_owned);
    let mut looked = 0;
    loop {
        let rows = list.rows(before.as_deref(), bite)?;
        for row in &rows {
            if page.items.len() == most || looked == LOOK_AT {
                page.next = before;
                return Ok(page);
            }
            looked += 1;
            before = Some(list.key(row)?);
            if list.fits(row)? {
                page.items.push(list.item(row)?);
            }
        }
        if rows.len() < usize::try_from(bite).unwrap_or(usize::MAX) {
            return Ok(page);
        }
    }
}

/// Whether a filter that may be absent or empty admits this.
pub(super) fn admits(wanted: Option<&str>, fits: impl FnOnce(&str) -> Result<bool, StoreError>) -> Result<bool, StoreError> {
    wanted.filter(|wanted| !wanted.is_empty()).map_or(Ok(true), fits)
}
