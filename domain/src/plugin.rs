//! The life of a plugin: which version runs for which shoppers, what came before it, and when it stops by itself. Pure
//! rules; who did it and when is an [`Event`].
//!
//! A version never changes. A release gives one version to a share of the shoppers, the rest stay on the version that was
//! released before; raising the share is still the same release to go back from.

mod world;

pub use world::World;

use crate::PluginId;
use crate::promotion::Target;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many earlier releases a rollback can walk back through. They are read with the plugin by every quote, so they are few.
pub const MAX_EARLIER: usize = 5;
/// A shopper's bucket is below this; a release reaches the buckets below its percentage.
pub const BUCKETS: u8 = 100;
const MAX_VERSION_BYTES: usize = 40;

/// The author's name of a version: `1.2.0`. Never given to other bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PluginVersion))]
#[serde(try_from = "String", into = "String")]
pub struct Version(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a version has 1 to 40 visible ASCII characters: 1.2.0")]
pub struct InvalidVersion;

impl Version {
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidVersion> {
        let text = text.into();
        let fits = (1..=MAX_VERSION_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err(InvalidVersion) }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for Version {
    type Error = InvalidVersion;
    fn try_from(text: String) -> Result<Self, InvalidVersion> {
        Self::new(text)
    }
}
impl From<Version> for String {
    fn from(version: Version) -> String {
        version.0
    }
}

/// A version as it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    pub version: Version,
    /// Lower-case hex SHA-256 of the component: also what names its compiled code, of which each engine has its own.
    pub digest: String,
    /// Which carts its author wrote it for. None: every cart.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
}

/// One version for a share of the shoppers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub build: Build,
    /// 1 to 100.
    pub percent: u8,
    /// What the other shoppers have. None: they go without the plugin.
    pub rest: Option<Build>,
}

impl Release {
    /// What runs for the shoppers of a bucket (below [`BUCKETS`]).
    pub fn for_bucket(&self, bucket: u8) -> Option<&Build> {
        if bucket < self.percent { Some(&self.build) } else { self.rest.as_ref() }
    }
    /// Everything that runs for anybody.
    pub fn builds(&self) -> impl Iterator<Item = &Build> {
        std::iter::once(&self.build).chain(self.rest.as_ref())
    }
    /// What was there before this release reached everybody.
    fn base(&self) -> Option<&Build> {
        if self.percent == BUCKETS { Some(&self.build) } else { self.rest.as_ref() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PluginStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Active,
    /// By a person.
    #[serde(alias = "disabled")]
    Paused,
    /// By itself: it failed more than its error budget allows.
    PausedByErrors,
}

/// Why a version does not run that was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// None: whatever was released.
    pub version: Option<Version>,
    pub at: Timestamp,
    pub reason: String,
}

/// How much a version may fail before it stops by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ErrorBudget {
    /// More failed runs than this share are too many: 1 to 100.
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 100))]
    pub percent: u8,
    /// Fewer runs say nothing: 10 to 10000.
    #[cfg_attr(feature = "schema", schema(minimum = 10, maximum = 10000))]
    pub runs: u32,
    /// Of the last so many minutes: 1 to 60.
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 60))]
    pub minutes: u8,
}

impl Default for ErrorBudget {
    fn default() -> Self {
        Self { percent: 5, runs: 50, minutes: 10 }
    }
}

impl ErrorBudget {
    pub fn check(&self) -> Result<(), LifeError> {
        let fits =
            (1..=100).contains(&self.percent) && (10..=10_000).contains(&self.runs) && (1..=60).contains(&self.minutes);
        if fits { Ok(()) } else { Err(LifeError::Budget) }
    }
    pub fn is_exceeded(&self, tally: Tally) -> bool {
        let (failures, runs) = (u128::from(tally.failures), u128::from(tally.runs));
        runs >= u128::from(self.runs) && failures * 100 > u128::from(self.percent) * runs
    }
}

/// Runs of one version, and how many of them failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub runs: u64,
    pub failures: u64,
}

/// Why a plugin cannot be released, rolled back, paused or resumed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LifeError {
    #[error("a release reaches 1 to 100 percent of the shoppers, got {got}")]
    Percent { got: u8 },
    #[error("there is no earlier release to go back to")]
    NothingToRollBack,
    #[error("no version of it was ever released")]
    NotReleased,
    #[error("the plugin is paused already")]
    AlreadyPaused,
    #[error("the plugin is not paused")]
    NotPaused,
    #[error("an error budget has 1 to 100 percent of at least 10 to 10000 runs in 1 to 60 minutes")]
    Budget,
}

impl LifeError {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Percent { .. } => "percent_out_of_range",
            Self::NothingToRollBack => "nothing_to_roll_back",
            Self::NotReleased => "not_released",
            Self::AlreadyPaused => "already_paused",
            Self::NotPaused => "not_paused",
            Self::Budget => "budget_out_of_range",
        }
    }
}

/// What of a plugin runs now, and what ran before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    pub status: Status,
    /// None: uploaded, and never released.
    pub release: Option<Release>,
    /// What a rollback goes back to, the last one first in line; at most [`MAX_EARLIER`].
    #[serde(default)]
    pub earlier: Vec<Release>,
    /// Why something does not run; with [`Status::Active`] that is a version whose share another took over.
    #[serde(default)]
    pub stop: Option<Stop>,
    /// Raised by everything that is done to it. Failures are counted anew from each.
    #[serde(default)]
    pub changes: u64,
}

/// What a version that failed too much came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// The version that the other shoppers had is everybody's now.
    TakenOver { by: Version },
    /// Carts go on without the plugin.
    Paused,
}

impl Life {
    /// Nothing released yet. `changes`: those of an earlier life under the same id.
    pub fn new(changes: u64) -> Self {
        Self { status: Status::Active, release: None, earlier: Vec::new(), stop: None, changes }
    }

    /// Gives a version to a share of the shoppers. A plugin that a person paused stays paused.
    pub fn release(&mut self, build: Build, percent: u8) -> Result<(), LifeError> {
        if !(1..=BUCKETS).contains(&percent) {
            return Err(LifeError::Percent { got: percent });
        }
        let now = self.release.take();
        let same = now.as_ref().is_some_and(|now| now.build.version == build.version);
        let rest = match &now {
            Some(now) if same => now.rest.as_ref().or_else(|| self.earlier.last()?.base()),
            Some(now) => now.base(),
            None => None,
        };
        let rest = rest.filter(|_| percent < BUCKETS).cloned();
        if let Some(now) = now.filter(|_| !same) {
            if self.earlier.len() >= MAX_EARLIER {
                self.earlier.remove(0);
            }
            self.earlier.push(now);
        }
        self.release = Some(Release { build, percent, rest });
        self.begin_anew();
        Ok(())
    }

    /// Back to what ran before the version that was released last.
    pub fn roll_back(&mut self) -> Result<(), LifeError> {
        self.release = Some(self.earlier.pop().ok_or(LifeError::NothingToRollBack)?);
        self.begin_anew();
        Ok(())
    }

    pub fn pause(&mut self, at: Timestamp, reason: String) -> Result<(), LifeError> {
        if self.status == Status::Paused {
            return Err(LifeError::AlreadyPaused);
        }
        self.status = Status::Paused;
        self.stop = Some(Stop { version: None, at, reason });
        self.changes += 1;
        Ok(())
    }

    pub fn resume(&mut self) -> Result<(), LifeError> {
        if self.status == Status::Active {
            return Err(LifeError::NotPaused);
        }
        self.status = Status::Active;
        self.stop = None;
        self.changes += 1;
        Ok(())
    }

    /// Stops a version that failed too much, if it still runs. Where it ran for a share of the shoppers, the version of
    /// the others takes its place; where it ran for all of them, carts go on without the plugin: which older version
    /// should give discounts again is the merchant's decision.
    pub fn stop(&mut self, failed: &Version, at: Timestamp, reason: String) -> Option<Stopped> {
        let release = self.release.as_mut().filter(|_| self.status == Status::Active)?;
        if !release.builds().any(|build| build.version == *failed) {
            return None;
        }
        let stopped = match release.rest.take() {
            Some(rest) if release.build.version == *failed => {
                let by = rest.version.clone();
                *release = Release { build: rest, percent: BUCKETS, rest: None };
                // Going back from here is going back from the version that took over.
                if self.earlier.last().is_some_and(|last| last.build.version == by) {
                    self.earlier.pop();
                }
                Stopped::TakenOver { by }
            }
            rest => {
                release.rest = rest;
                self.status = Status::PausedByErrors;
                Stopped::Paused
            }
        };
        self.stop = Some(Stop { version: Some(failed.clone()), at, reason });
        self.changes += 1;
        Some(stopped)
    }

    fn begin_anew(&mut self) {
        if self.status == Status::PausedByErrors {
            self.status = Status::Active;
        }
        if self.status == Status::Active {
            self.stop = None;
        }
        self.changes += 1;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PluginAction))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Release,
    Rollback,
    Pause,
    Resume,
    /// By the plugin's own failures.
    PauseByErrors,
}

/// One thing that was done to a plugin, and how it stood afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub plugin: PluginId,
    /// [`Life::changes`] after it.
    pub number: u64,
    pub action: Action,
    pub status: Status,
    pub version: Option<Version>,
    pub percent: Option<u8>,
    /// What the rest of the shoppers had.
    pub rest: Option<Version>,
    pub at: Timestamp,
    /// The token or the part that did it.
    pub by: String,
    /// Of a pause.
    pub reason: Option<String>,
}

impl Event {
    pub fn of(plugin: &PluginId, life: &Life, action: Action, at: Timestamp, by: &str) -> Self {
        let release = life.release.as_ref();
        let pauses = matches!(action, Action::Pause | Action::PauseByErrors);
        Self {
            plugin: plugin.clone(),
            number: life.changes,
            action,
            status: life.status,
            version: release.map(|r| r.build.version.clone()),
            percent: release.map(|r| r.percent),
            rest: release.and_then(|r| r.rest.as_ref()).map(|rest| rest.version.clone()),
            at,
            by: by.to_owned(),
            reason: life.stop.as_ref().filter(|_| pauses).map(|stop| stop.reason.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn build(version: &str) -> Build {
        let version = Version::new(version).unwrap();
        Build { digest: format!("digest of {version}"), version, target: None }
    }
    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    /// `2@10/1`: version 2 for 10 %, version 1 for the rest.
    fn shown(life: &Life) -> String {
        let Some(release) = &life.release else { return "none".to_owned() };
        let rest = release.rest.as_ref().map_or(String::new(), |rest| format!("/{}", rest.version));
        format!("{}@{}{rest}", release.build.version, release.percent)
    }
    fn released(steps: &[(&str, u8)]) -> Life {
        let mut life = Life::new(0);
        for (version, percent) in steps {
            life.release(build(version), *percent).unwrap();
        }
        life
    }

    #[test]
    fn a_share_grows_over_the_version_before_and_a_rollback_leaves_the_version() {
        for (steps, then, back) in [
            (vec![("1", 100)], "1@100", None),
            (vec![("1", 10)], "1@10", None),
            (vec![("1", 100), ("2", 10)], "2@10/1", Some("1@100")),
            (vec![("1", 100), ("2", 10), ("2", 30)], "2@30/1", Some("1@100")),
            (vec![("1", 100), ("2", 10), ("2", 100)], "2@100", Some("1@100")),
            (vec![("1", 100), ("2", 100), ("2", 50)], "2@50/1", Some("1@100")),
            (vec![("1", 100), ("2", 10), ("3", 10)], "3@10/1", Some("2@10/1")),
            (vec![("1", 10), ("2", 10)], "2@10", Some("1@10")),
        ] {
            let mut life = released(&steps);
            assert_eq!(shown(&life), then, "{steps:?}");
            let rolled = life.roll_back().map(|()| shown(&life));
            assert_eq!(rolled.ok().as_deref(), back, "{steps:?}");
        }
    }

    #[test]
    fn rollbacks_walk_back_and_end_with_a_rule() {
        let mut life = released(&[("1", 100), ("2", 100), ("3", 100)]);
        life.roll_back().unwrap();
        assert_eq!(shown(&life), "2@100");
        life.roll_back().unwrap();
        assert_eq!((shown(&life).as_str(), life.changes), ("1@100", 5));
        assert_eq!(life.roll_back().unwrap_err().code(), "nothing_to_roll_back");
        assert_eq!(life.release(build("2"), 0).unwrap_err().code(), "percent_out_of_range");
        assert_eq!(life.release(build("2"), 101).unwrap_err().code(), "percent_out_of_range");
        assert_eq!(shown(&life), "1@100", "a refusal changes nothing");
    }

    #[test]
    fn what_is_kept_to_go_back_to_is_bounded() {
        let versions: Vec<String> = (0..30).map(|n| n.to_string()).collect();
        let life = released(&versions.iter().map(|v| (v.as_str(), 100)).collect::<Vec<_>>());
        assert_eq!((life.earlier.len(), life.earlier[0].build.version.as_str()), (MAX_EARLIER, "24"));
    }

    #[test]
    fn who_was_in_at_ten_percent_is_in_at_thirty() {
        let (ten, thirty) = (released(&[("1", 100), ("2", 10)]), released(&[("1", 100), ("2", 30)]));
        let version = |life: &Life, bucket| life.release.as_ref()?.for_bucket(bucket).map(|b| b.version.to_string());
        for bucket in 0..BUCKETS {
            let expected = |edge| Some(if bucket < edge { "2" } else { "1" }.to_owned());
            assert_eq!((version(&ten, bucket), version(&thirty, bucket)), (expected(10), expected(30)));
        }
    }

    #[test]
    fn a_version_that_fails_too_much_gives_its_share_back_or_pauses() {
        let failed = |version: &str| Version::new(version).unwrap();
        let mut life = released(&[("1", 100), ("2", 10)]);
        let by = failed("1");
        assert_eq!(life.stop(&failed("2"), now(), "why".to_owned()), Some(Stopped::TakenOver { by }));
        assert_eq!((shown(&life).as_str(), life.status), ("1@100", Status::Active));
        assert_eq!(life.stop.as_ref().unwrap().version.as_ref().unwrap().as_str(), "2");
        assert_eq!(life.roll_back().unwrap_err().code(), "nothing_to_roll_back");
        assert_eq!(life.stop(&failed("2"), now(), "again".to_owned()), None, "it runs for nobody");

        assert_eq!(life.stop(&failed("1"), now(), "why".to_owned()), Some(Stopped::Paused));
        assert_eq!((shown(&life).as_str(), life.status), ("1@100", Status::PausedByErrors));
        life.release(build("3"), 100).unwrap();
        assert_eq!((life.status, &life.stop), (Status::Active, &None), "a mended version runs at once");

        let mut life = released(&[("1", 100), ("2", 10)]);
        assert_eq!(life.stop(&failed("1"), now(), "why".to_owned()), Some(Stopped::Paused));
        assert_eq!(shown(&life), "2@10/1", "resuming goes on where it stopped");
    }

    #[test]
    fn what_a_person_paused_stays_paused_until_a_person_resumes_it() {
        let mut life = released(&[("1", 100)]);
        life.pause(now(), "the campaign is over".to_owned()).unwrap();
        assert_eq!(life.pause(now(), String::new()).unwrap_err().code(), "already_paused");
        life.release(build("2"), 100).unwrap();
        assert_eq!((life.status, life.stop.is_some()), (Status::Paused, true));
        assert_eq!(life.stop(&Version::new("2").unwrap(), now(), String::new()), None);
        life.resume().unwrap();
        assert_eq!((life.status, life.stop.clone()), (Status::Active, None));
        assert_eq!(life.resume().unwrap_err().code(), "not_paused");
    }

    #[test]
    fn a_budget_needs_enough_runs_and_more_failures_than_its_share() {
        let budget = ErrorBudget::default();
        for (runs, failures, exceeded) in [
            (49, 49, false),
            (50, 2, false),
            (50, 3, true),
            (100, 5, false),
            (100, 6, true),
            (u64::MAX, u64::MAX, true),
        ] {
            assert_eq!(budget.is_exceeded(Tally { runs, failures }), exceeded, "{failures} of {runs}");
        }
        assert!(budget.check().is_ok());
        for wrong in [
            ErrorBudget { percent: 0, ..budget },
            ErrorBudget { percent: 101, ..budget },
            ErrorBudget { runs: 9, ..budget },
            ErrorBudget { minutes: 61, ..budget },
        ] {
            assert_eq!(wrong.check().unwrap_err().code(), "budget_out_of_range");
        }
    }

    #[test]
    fn versions_are_short_and_visible() {
        for (text, fits) in
            [("1.2.0", true), ("", false), ("1 2", false), ("1\n", false), ("1".repeat(41).as_str(), false)]
        {
            assert_eq!(Version::new(text).is_ok(), fits, "{text:?}");
        }
    }
}
