//! SQL texts with their values, and rows with their columns by name: the few shapes that the store needs of rusqlite.
//!
//! Every statement is prepared once per connection and kept. Rows own their values, so that nothing borrows from a statement
//! that is still running.

use super::StoreError;
use rusqlite::types::{FromSql, ToSqlOutput, Value, ValueRef};
use std::borrow::Cow;
use std::rc::Rc;

/// A connection, usually inside a transaction.
pub(super) type Db = rusqlite::Connection;

/// A statement and its values, `?1` first.
pub(super) struct Query<'a> {
    sql: Cow<'a, str>,
    values: Vec<ToSqlOutput<'a>>,
}

/// What can be a value of a statement.
pub(super) trait Bind<'a> {
    fn bind(self) -> ToSqlOutput<'a>;
}

impl<'a> Bind<'a> for i64 {
    fn bind(self) -> ToSqlOutput<'a> {
        ToSqlOutput::Owned(Value::Integer(self))
    }
}

impl<'a> Bind<'a> for &'a str {
    fn bind(self) -> ToSqlOutput<'a> {
        ToSqlOutput::Borrowed(ValueRef::Text(self.as_bytes()))
    }
}

impl<'a> Bind<'a> for &'a String {
    fn bind(self) -> ToSqlOutput<'a> {
        self.as_str().bind()
    }
}

impl<'a> Bind<'a> for String {
    fn bind(self) -> ToSqlOutput<'a> {
        ToSqlOutput::Owned(Value::Text(self))
    }
}

impl<'a> Bind<'a> for &'a [u8] {
    fn bind(self) -> ToSqlOutput<'a> {
        ToSqlOutput::Borrowed(ValueRef::Blob(self))
    }
}

impl<'a, T: Bind<'a>> Bind<'a> for Option<T> {
    fn bind(self) -> ToSqlOutput<'a> {
        self.map_or(ToSqlOutput::Owned(Value::Null), Bind::bind)
    }
}

impl<'a> Bind<'a> for &'a Option<String> {
    fn bind(self) -> ToSqlOutput<'a> {
        self.as_deref().bind()
    }
}

/// A statement of this text.
pub(super) fn query<'a>(sql: impl Into<Cow<'a, str>>) -> Query<'a> {
    Query { sql: sql.into(), values: Vec::new() }
}

impl<'a> Query<'a> {
    /// The next value.
    pub fn bind(mut self, value: impl Bind<'a>) -> Self {
        self.values.push(value.bind());
        self
    }

    /// Runs it; how many rows it changed.
    pub fn execute(self, db: &Db) -> Result<u64, StoreError> {
        let mut statement = db.prepare_cached(&self.sql)?;
        Ok(statement.execute(rusqlite::params_from_iter(self.values))? as u64)
    }

    /// All rows.
    pub fn fetch_all(self, db: &Db) -> Result<Vec<Row>, StoreError> {
        self.map(db, Ok)
    }

    /// What is made of each row; rows themselves are kept no longer than that.
    pub fn map<T>(self, db: &Db, mut make: impl FnMut(Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
        let mut statement = db.prepare_cached(&self.sql)?;
        let names: Rc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
        let mut rows = statement.query(rusqlite::params_from_iter(self.values))?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..names.len()).map(|at| row.get(at)).collect::<Result<_, _>>()?;
            all.push(make(Row { names: Rc::clone(&names), values })?);
        }
        Ok(all)
    }

    /// The first row.
    pub fn fetch_optional(self, db: &Db) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch_all(db)?.into_iter().next())
    }

    /// All rows as tuples.
    pub fn tuples<T>(self, db: &Db) -> Result<Vec<T>, StoreError>
    where
        T: for<'r> TryFrom<&'r rusqlite::Row<'r>, Error = rusqlite::Error>,
    {
        let mut statement = db.prepare_cached(&self.sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(self.values), |row| T::try_from(row))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The first row as a tuple.
    pub fn tuple<T>(self, db: &Db) -> Result<Option<T>, StoreError>
    where
        T: for<'r> TryFrom<&'r rusqlite::Row<'r>, Error = rusqlite::Error>,
    {
        Ok(self.tuples(db)?.into_iter().next())
    }
}

/// A row that was read.
pub(super) struct Row {
    names: Rc<[String]>,
    values: Vec<Value>,
}

/// What a column can be read as.
pub(super) trait Column<'r>: Sized {
    fn read(value: &'r Value) -> Result<Self, rusqlite::types::FromSqlError>;
}

impl<'r> Column<'r> for &'r str {
    fn read(value: &'r Value) -> Result<Self, rusqlite::types::FromSqlError> {
        ValueRef::from(value).as_str()
    }
}

macro_rules! owned {
    ($($kind:ty),*) => {
        $(impl<'r> Column<'r> for $kind {
            fn read(value: &'r Value) -> Result<Self, rusqlite::types::FromSqlError> {
                <$kind>::column_result(ValueRef::from(value))
            }
        })*
    };
}
owned!(i64, String, Option<i64>, Option<String>);

impl Row {
    /// A column by its name.
    pub fn get<'r, T: Column<'r>>(&'r self, name: &str) -> Result<T, StoreError> {
        let value = self.names.iter().position(|known| known == name).and_then(|at| self.values.get(at));
        let value = value.ok_or_else(|| rusqlite::Error::InvalidColumnName(name.to_owned()))?;
        T::read(value).map_err(|error| StoreError::Corrupt { what: "column", why: format!("{name}: {error}") })
    }
}
