//! What the CRM keeps for the whole shop: the merchant's settings for it, and how far today's sweep has come.

use crate::keys;
use crate::table::Table;
use crate::{Expected, Result, Revision, Versioned};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use stoa_domain::marketing::Settings;

const SETTINGS: &str = "marketing settings";
const SWEEP: &str = "sweep";
const MAIL: &str = "state of sending";

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

/// How sending messages goes, for who wonders why they wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailStatus {
    /// Whether a mail server is configured.
    pub configured: bool,
    /// What keeps messages from being sent, in words; none: nothing.
    pub problem: Option<String>,
    pub since: jiff::Timestamp,
}

impl Crm<'_> {
    /// None: nobody has tried yet.
    pub async fn mail_status(&self) -> Result<Option<MailStatus>> {
        let read: Option<Versioned<MailStatus>> = self.table.get(MAIL, keys::crm_mail()).await?;
        Ok(read.map(|read| read.value))
    }

    pub async fn put_mail_status(&self, status: &MailStatus) -> Result<Revision> {
        self.table.put(MAIL, keys::crm_mail(), status, Expected::Any, []).await
    }

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
