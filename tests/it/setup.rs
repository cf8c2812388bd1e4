//! The entry script's own promises, held on files: cli/setup.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};
use stoa_tests::root;

/// Claims a target folder for `checkout`, as `./stoa` does before it builds.
fn claim(checkout: &Path, target: &Path) {
    let script = root().join("cli/setup/build.sh");
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", "source \"$0\"; claim_target_folder"]).arg(script);
    let status = bash.env("STOA_ROOT", checkout).env("CARGO_TARGET_DIR", target).status().unwrap();
    assert!(status.success());
}

fn write(folder: &Path, name: &str, text: &str, time: SystemTime) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), text).unwrap();
    File::options().write(true).open(folder.join(name)).unwrap().set_modified(time).unwrap();
}

fn time(path: &Path) -> SystemTime {
    path.metadata().unwrap().modified().unwrap()
}

#[test]
fn a_checkout_that_takes_over_the_target_folder_builds_what_differs_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, target] = ["first", "second", "target"].map(|name| folder.path().join(name));
    let built = SystemTime::now() - Duration::from_secs(3_600);
    let cloned = SystemTime::now() - Duration::from_secs(7_200);
    let place = concat!("env!", r#"("CARGO_MANIFEST_DIR")"#);
    for (name, text) in [("same.rs", "1"), ("edited.rs", "2"), ("place.rs", place)] {
        write(&first, name, text, built);
    }
    claim(&first, &target);
    for (name, text) in [("same.rs", "1"), ("edited.rs", "3"), ("place.rs", place), ("a new one.rs", "4")] {
        write(&second, name, text, cloned);
    }
    claim(&second, &target);
    assert_eq!(time(&second.join("same.rs")), time(&first.join("same.rs")), "cargo judges it as in the first checkout");
    for name in ["edited.rs", "place.rs", "a new one.rs"] {
        assert!(time(&second.join(name)) > built, "{name} is newer than all that was built");
    }
    let before = time(&second.join("edited.rs"));
    claim(&second, &target);
    assert_eq!(time(&second.join("edited.rs")), before, "whoever built last has nothing to do");
    fs::remove_dir_all(&second).unwrap();
    claim(&first, &target);
    assert!(time(&first.join("same.rs")) > built, "nobody is left to compare with: all is new");
}
