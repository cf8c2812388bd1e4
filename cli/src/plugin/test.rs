//! `stoa plugin test`: a project's fixtures. Each is a JSON file with a cart or an event, settings where they differ from the
//! defaults, and what is expected: the operations or actions, the code of the error, or that the plugin is not for such a
//! cart. TypeScript's own tests run first.

use super::build::built;
use super::local::{self, Local};
use super::project::{Language, Project};
use super::typescript;
use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};
use stoa_domain::marketing::Action;
use stoa_domain::promotion::Operation;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The project's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    input: Value,
    settings: Option<Value>,
    operations: Option<Vec<Operation>>,
    /// Of a marketing plugin.
    actions: Option<Vec<Action>>,
    /// A stable code: `refused`, `out_of_fuel`, …
    error: Option<String>,
    /// Whether the plugin's `for` leaves the cart out.
    #[serde(default)]
    not_for_cart: bool,
}

#[derive(Debug, Serialize)]
struct Tested {
    fixture: String,
    passed: bool,
    /// What came instead.
    got: Option<Value>,
    fuel: Option<u64>,
}

pub(crate) fn test(arguments: &Arguments, json: bool) -> Result<()> {
    let project = Project::open(&arguments.folder)?;
    let local = Local::compile(&built(&project)?)?;
    if project.language()? == Language::TypeScript {
        let files = typescript::unit_tests(&project)?;
        if files > 0 && !json {
            println!("passed  {files} file(s) of the project's own tests");
        }
    }
    let tested = project.fixtures()?.iter().map(|file| tested(&project, &local, file)).collect::<Result<Vec<_>>>()?;
    if json {
        println!("{}", serde_json::to_string(&tested)?);
    } else {
        tested.iter().for_each(tell);
    }
    let failed = tested.iter().filter(|one| !one.passed).count();
    if failed > 0 {
        bail!("{failed} of {} fixtures of {} failed", tested.len(), project.manifest.id);
    }
    Ok(())
}

fn tested(project: &Project, local: &Local, file: &Path) -> Result<Tested> {
    let fixture: Fixture = local::json(file)?;
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (operations, actions) = (fixture.operations.is_some(), fixture.actions.is_some());
    let expected = [operations, actions, fixture.error.is_some(), fixture.not_for_cart];
    ensure!(
        expected.into_iter().filter(|one| *one).count() == 1,
        "the fixture {name} must expect one of operations, a marketing plugin's actions, an error, and not_for_cart"
    );
    let own = fixture.settings.unwrap_or_else(|| Value::from(project.manifest.settings.clone()));
    let settings = local::checked(own, Some(&project.manifest))?;
    let outcome = local.ask(&settings, fixture.input)?;
    let code = outcome.error.as_ref().map(|error| error.code.clone());
    let left_out = outcome.not_for_cart.is_some();
    let proposed = outcome.operations == fixture.operations && outcome.actions == fixture.actions;
    let passed = proposed && code == fixture.error && left_out == fixture.not_for_cart;
    let got = match (passed, outcome.proposed()?) {
        (true, _) => None,
        (false, Some(proposed)) => Some(proposed),
        (false, None) if left_out => Some(Value::from(outcome.in_words())),
        (false, None) => Some(serde_json::to_value(&outcome.error)?),
    };
    Ok(Tested { fixture: name, passed, got, fuel: outcome.fuel })
}

fn tell(tested: &Tested) {
    let fuel = tested.fuel.map_or(String::new(), |fuel| format!("  {fuel} fuel"));
    println!("{}  {}{fuel}", if tested.passed { "passed" } else { "FAILED" }, tested.fixture);
    if let Some(got) = &tested.got {
        println!("        got {got}");
    }
}
