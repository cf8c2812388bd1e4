//! The life of plugins in the table: versions that never change, a history that is written with each change, counters that
//! many processes add to, and records that stay bounded.

use crate::shop::{now, shop};
use jiff::ToSpan;
use std::collections::BTreeMap;
use stoa_domain::PluginId;
use stoa_domain::plugin::{Action, Build, Event, Tally, Version, World};
use stoa_storage::*;

pub fn plugin_version(id: &str, version: &str) -> PluginVersion {
    PluginVersion {
        abi: PluginAbi::Stoa,
        world: World::Promotion,
        plugin: PluginId::new(id).unwrap(),
        build: Build { version: Version::new(version).unwrap(), digest: "b".repeat(64), target: None },
        targeting: None,
        source: format!("plugins/{version}/source.wasm"),
        title: BTreeMap::from([("en".to_owned(), "Spend and save".to_owned())]),
        default_settings: "{}".to_owned(),
        settings_schema: None,
        report: UploadReport {
            imports: vec![],
            exports: vec!["stoa:promotion/discounts@0.1.0".to_owned()],
            sizes: UploadSizes { uploaded: 17_000, component: 18_000, artefact: 94_000 },
            warnings: vec![],
        },
        uploaded_at: now(),
        uploaded_by: "tests".to_owned(),
    }
}

pub fn plugin_run(version: &PluginVersion, id: &str) -> PluginRun {
    PluginRun {
        id: id.to_owned(),
        plugin: version.plugin.clone(),
        version: version.build.version.clone(),
        digest: version.build.digest.clone(),
        at: now(),
        input: r#"{"lines":[]}"#.to_owned(),
        input_format: 1,
        settings: "{}".to_owned(),
        outcome: RunOutcome::Operations(vec![]),
        fuel: Some(28_569),
        memory_bytes: Some(1 << 16),
    }
}

#[tokio::test]
async fn a_version_is_kept_as_it_was_uploaded_first() {
    let shop = shop().await;
    let plugins = shop.store.plugins();
    let first = plugin_version("p", "1.0.0");
    assert_eq!(plugins.add_version(&first).await.unwrap(), None);
    let later = PluginVersion { uploaded_by: "someone else".to_owned(), ..first.clone() };
    let other = PluginVersion { default_settings: r#"{"percent":90}"#.to_owned(), ..first.clone() };
    let kept = plugins.add_version(&other).await.unwrap().unwrap();
    assert_eq!((&kept, kept.same_as(&later), kept.same_as(&other)), (&first, true, false));
    let second = PluginVersion { uploaded_at: now() + 1.hour(), ..plugin_version("p", "1.0.1") };
    plugins.add_version(&second).await.unwrap();
    let listed = plugins.versions(&first.plugin).await.unwrap();
    assert_eq!(listed, [second, first], "the newest first");
}

#[tokio::test]
async fn a_change_of_what_runs_and_its_entry_in_the_history_are_one_write() {
    let shop = shop().await;
    let plugins = shop.store.plugins();
    let version = plugin_version("p", "1.0.0");
    let mut plugin = PluginRecord::new(version.plugin.clone(), "P".to_owned(), "{}".to_owned(), 0, now());
    let revision = plugins.put(&plugin, Expected::Absent).await.unwrap();
    plugin.life.release(version.build.clone(), 10).unwrap();
    let event = Event::of(&plugin.id, &plugin.life, Action::Release, now(), "warehouse#1a2b3c4d");
    plugins.put_event(&plugin, Expected::Revision(revision), &event).await.unwrap();
    let stale = plugins.put_event(&plugin, Expected::Revision(revision), &event).await;
    assert!(matches!(stale, Err(StoreError::RevisionConflict { .. })), "{stale:?}");
    let read = plugins.get(&plugin.id).await.unwrap().unwrap();
    assert_eq!(read.value, plugin);
    plugin.life.pause(now(), "stock-taking".to_owned()).unwrap();
    let pause = Event::of(&plugin.id, &plugin.life, Action::Pause, now(), "warehouse#1a2b3c4d");
    plugins.put_event(&plugin, Expected::Revision(read.revision), &pause).await.unwrap();
    let history = plugins.events(&plugin.id).await.unwrap();
    assert_eq!(history, [pause, event], "the newest first");
}

#[tokio::test]
async fn every_write_of_a_plugin_makes_another_edition_of_the_list() {
    let shop = shop().await;
    let plugins = shop.store.plugins();
    assert_eq!(shop.store.edition().await.unwrap(), 0);
    let mut plugin = PluginRecord::new(PluginId::new("p").unwrap(), "P".to_owned(), "{}".to_owned(), 0, now());
    let first = plugins.put(&plugin, Expected::Absent).await.unwrap();
    assert_eq!(shop.store.edition().await.unwrap(), 1);
    plugin.life.release(plugin_version("p", "1.0.0").build, 100).unwrap();
    let event = Event::of(&plugin.id, &plugin.life, Action::Release, now(), "tests");
    let second = plugins.put_event(&plugin, Expected::Revision(first), &event).await.unwrap();
    assert_eq!(shop.store.edition().await.unwrap(), 2);
    let refused = plugins.put(&plugin, Expected::Revision(first)).await;
    assert!(matches!(refused, Err(StoreError::RevisionConflict { .. })), "{refused:?}");
    assert_eq!(shop.store.edition().await.unwrap(), 2, "nothing was written");
    plugins.delete(&plugin.id, Expected::Revision(second)).await.unwrap();
    assert_eq!((shop.store.edition().await.unwrap(), plugins.list().await.unwrap().len()), (3, 0));
    // Many at once lose no edition.
    let ids = (0..10).map(|n| PluginId::new(format!("p{n}")).unwrap());
    let records: Vec<_> = ids.map(|id| PluginRecord::new(id, "P".to_owned(), "{}".to_owned(), 0, now())).collect();
    futures::future::try_join_all(records.iter().map(|record| plugins.put(record, Expected::Any))).await.unwrap();
    assert_eq!((shop.store.edition().await.unwrap(), plugins.list().await.unwrap().len()), (13, 10));
}

#[tokio::test]
async fn runs_are_counted_by_all_and_forgotten_by_the_minute() {
    let shop = shop().await;
    let plugins = shop.store.plugins();
    let id = PluginId::new("p").unwrap();
    let digest = "d".repeat(64);
    let told = |failures| Tally { runs: 10, failures };
    let adds = (0..20).map(|n| plugins.add_tally(&id, 3, &digest, told(n % 2), now()));
    futures::future::try_join_all(adds).await.unwrap();
    plugins.add_tally(&id, 3, &digest, told(10), now() - 20.minutes()).await.unwrap();
    plugins.add_tally(&id, 4, &digest, told(10), now()).await.unwrap();
    let sum = |minutes| plugins.tally(&id, 3, &digest, minutes, now());
    assert_eq!(sum(10).await.unwrap(), Tally { runs: 200, failures: 10 });
    assert_eq!(sum(30).await.unwrap(), Tally { runs: 210, failures: 20 });
}

#[tokio::test]
async fn records_of_runs_take_one_anothers_place_and_expire() {
    let shop = shop().await;
    let plugins = shop.store.plugins();
    let version = plugin_version("p", "1.0.0");
    let failed = RunOutcome::Failed { code: "trapped".to_owned(), message: "unreachable".to_owned() };
    for turn in 0..320_u64 {
        let at = now() + i64::try_from(turn).unwrap().seconds();
        let run = PluginRun { at, ..plugin_run(&version, &format!("run_{turn}")) };
        assert!(plugins.put_run(&run, turn).await.unwrap());
        assert!(plugins.put_run(&PluginRun { outcome: failed.clone(), ..run }, turn).await.unwrap());
    }
    let kept = plugins.runs(&version.plugin, now()).await.unwrap();
    let failures = kept.iter().filter(|run| run.outcome == failed).count();
    assert_eq!((kept.len(), failures, kept[0].id.as_str()), (400, 100, "run_319"));
    assert_eq!(plugins.runs(&version.plugin, now() + (8 * 24).hours()).await.unwrap(), []);
    let large = PluginRun { input: "x".repeat(MAX_RUN_BYTES), ..plugin_run(&version, "run_large") };
    assert!(!plugins.put_run(&large, 0).await.unwrap());
}
