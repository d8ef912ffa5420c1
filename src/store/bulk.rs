//! Many rows in few statements: each statement is a trip to the database's own thread, which costs more than a row does.

use super::StoreError;
use sqlx::query_builder::Separated;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

/// Most rows of one statement.
const ROWS: usize = 64;

/// The values of one row, in the order of the columns.
pub(super) type Values<'a> = Separated<'a, Sqlite, &'static str>;

/// Runs `head values (..), (..) tail` for all rows, in their order. The numbers of rows are powers of two, so that few texts come
/// up, again and again, and each stays prepared.
pub(super) async fn insert<T: Sync>(
    tx: &mut SqliteConnection,
    head: &'static str,
    tail: &'static str,
    rows: &[T],
    mut bind: impl FnMut(&mut Values<'_>, &T) + Send,
) -> Result<(), StoreError> {
    let mut rest = rows;
    while let Some(bits) = rest.len().checked_ilog2() {
        let (now, later) = rest.split_at((1 << bits).min(ROWS));
        let mut sql = QueryBuilder::new(head);
        sql.push_values(now, |mut values, row| bind(&mut values, row));
        sql.push(tail);
        sql.build().execute(&mut *tx).await?;
        rest = later;
    }
    Ok(())
}
