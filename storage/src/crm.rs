//! What the CRM keeps for the whole shop: the merchant's settings for it, and how far today's sweep has come.

use crate::keys;
use crate::table::Table;
use crate::{Expected, Result, Revision, Versioned};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use stoa_domain::marketing::Settings;

const SETTINGS: &str = "marketing settings";
const SWEEP: &str = "sweep";

/// Of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Crm<'a> {
    pub(crate) table: &'a Table,
}

/// How far the customers were gone through on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepProgress {
    /// Of the shop's calendar.
    pub day: Date,
    /// Those before it are done.
    pub partition: u8,
    /// The last customer of the partition that is done.
    pub after: Option<String>,
    pub done: bool,
}

impl SweepProgress {
    pub fn beginning(day: Date) -> Self {
        Self { day, partition: 0, after: None, done: false }
    }
}

impl Crm<'_> {
    /// None: the merchant set none, and the defaults hold.
    pub async fn settings(&self) -> Result<Option<Versioned<Settings>>> {
        self.table.get(SETTINGS, keys::crm_settings()).await
    }

    pub async fn put_settings(&self, settings: &Settings, expected: Expected) -> Result<Revision> {
        self.table.put(SETTINGS, keys::crm_settings(), settings, expected, []).await
    }

    pub async fn sweep(&self) -> Result<Option<Versioned<SweepProgress>>> {
        self.table.get(SWEEP, keys::crm_sweep()).await
    }

    pub async fn put_sweep(&self, progress: &SweepProgress, expected: Expected) -> Result<Revision> {
        self.table.put(SWEEP, keys::crm_sweep(), progress, expected, []).await
    }
}
