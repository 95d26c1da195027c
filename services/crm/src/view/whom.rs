//! Whose rows a statement reads. To plan one takes longer than to run it, and only a form without lists is planned once for all who ask.

use sqlx::{Postgres, postgres::PgArguments, query::Query};

/// Customers to read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whom<'a> {
    /// One by its id.
    One(&'a str),
    /// By their ids.
    These(&'a [String]),
    /// Whoever an identity finds, so many at most, without the way to the database and back that ids would take.
    Known(&'a Mark, usize),
}

/// What an identity is found by.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// Its hash.
    pub hash: Vec<u8>,
    /// The record that it names: found even before anything was said of it but orders, say.
    pub record: String,
}

impl<'a> From<&'a [String]> for Whom<'a> {
    fn from(ids: &'a [String]) -> Self {
        match ids {
            [one] => Self::One(one),
            these => Self::These(these),
        }
    }
}

/// A statement in the forms for one customer, for several, and for who is known by an identity.
pub(crate) struct Forms {
    pub one: &'static str,
    pub these: &'static str,
    pub known: &'static str,
}

impl Forms {
    /// The form that fits, with what stands before the customers bound, and then they.
    pub(crate) fn of<'q>(&self, whom: Whom<'_>, before: &[i64]) -> Query<'q, Postgres, PgArguments> {
        let query = |statement| before.iter().fold(sqlx::query(statement), |query, number| query.bind(*number));
        match whom {
            Whom::One(id) => query(self.one).bind(id.to_owned()),
            Whom::These(ids) => query(self.these).bind(ids.to_vec()),
            Whom::Known(mark, most) => {
                let most = i64::try_from(most).unwrap_or(i64::MAX);
                query(self.known).bind(mark.hash.clone()).bind(mark.record.clone()).bind(most)
            }
        }
    }
}

/// The ids of who is known by an identity, who was heard of last first: its hash fits `$hash`, `$records` tells the records that it names.
macro_rules! known_by_sql {
    ($hash:expr, $records:expr, $most:expr) => {
        concat!(
            "select customer_id from records where record_id in (",
            $records,
            " union select record_id from identities where identity ",
            $hash,
            " and seen > coalesce(gone, '')) group by customer_id order by max(last_at_ms) desc limit ",
            $most
        )
    };
}

/// The forms of a statement that reads of the customers `m`: the columns of theirs, all that follows, and the numbers of the parameters that say whom.
macro_rules! forms {
    ($columns:literal, $rest:literal, [$first:literal, $second:literal, $third:literal]) => {
        $crate::view::Forms {
            one: forms!($columns, concat!("= $", $first), $rest),
            these: forms!($columns, concat!("= any($", $first, ")"), $rest),
            known: forms!(
                $columns,
                concat!(
                    "= any(array(",
                    $crate::view::known_by_sql!(
                        concat!("= $", $first),
                        concat!("select $", $second, "::text"),
                        concat!("$", $third)
                    ),
                    "))"
                ),
                $rest
            ),
        }
    };
    ($columns:literal, $customers:expr, $rest:literal) => {
        concat!(
            "with m as materialized (select record_id, customer_id",
            $columns,
            " from records where customer_id ",
            $customers,
            ") ",
            $rest
        )
    };
}

pub(crate) use forms;
pub(crate) use known_by_sql;
