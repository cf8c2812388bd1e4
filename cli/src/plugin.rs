//! `stoa plugin`: the life of a plugin from an empty folder to a release and back. One command, one file; what is done to a
//! shop goes through its merchant API, the one on this machine as the deployed one.

pub(crate) mod api;
mod build;
mod change;
mod dry_run;
mod install;
mod list;
mod local;
mod logs;
mod new;
mod project;
mod publish;
mod publish_function;
mod replay;
mod run;
mod run_function;
mod sample;
mod test;
mod typescript;
mod versions;

pub(crate) use install::install;

use anyhow::Result;
use api::Target;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    target: Target,
    /// Answer as one JSON value
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Begin a plugin: a project that builds, with a fixture that passes
    New(new::Arguments),
    /// Build a project into one file that carries its manifest
    Build(build::Arguments),
    /// Run a built plugin on one cart, or a Shopify Function on one input, as the checkout runs it: the same engine, limits
    /// and fuel
    Run(run::Arguments),
    /// Build a project and hold it against its fixtures
    Test(test::Arguments),
    /// Upload a version to a shop; it runs for nobody until it is released
    Publish(publish::Arguments),
    /// Upload a Shopify Function, by its shopify.extension.toml, as a version of a plugin
    PublishFunction(publish_function::Arguments),
    /// Which plugins a shop has, and what of each runs for whom
    List,
    /// The versions of a plugin, and what was done to it
    Versions(versions::Arguments),
    /// Give a version to a share of the shoppers
    Release(change::ReleaseArguments),
    /// Go back to what ran before the version that was released last
    Rollback(change::PluginArguments),
    /// Let carts go on without a plugin
    Pause(change::PauseArguments),
    /// Let a paused plugin run again
    Resume(change::PluginArguments),
    /// Change a plugin's settings, error budget, or how many of its runs are recorded
    Set(change::SetArguments),
    /// The recorded runs of a plugin: every failure and a sample of the others
    Logs(logs::Arguments),
    /// Run a recorded run again on this machine, and compare what comes out
    Replay(replay::Arguments),
    /// Price the recorded carts of a plugin with another version, cart by cart
    DryRun(dry_run::Arguments),
}

pub(crate) async fn plugin(arguments: &Arguments) -> Result<()> {
    let (target, json) = (&arguments.target, arguments.json);
    match &arguments.command {
        Command::New(new) => new::new(new, json),
        Command::Build(build) => build::build(build, json),
        Command::Run(run) => run::run(run, json),
        Command::Test(test) => test::test(test, json),
        Command::Publish(publish) => publish::publish(publish, target, json).await,
        Command::PublishFunction(function) => publish_function::publish(function, target, json).await,
        Command::List => list::list(target, json).await,
        Command::Versions(versions) => versions::versions(versions, target, json).await,
        Command::Release(release) => change::release(release, target, json).await,
        Command::Rollback(plugin) => change::rollback(plugin, target, json).await,
        Command::Pause(pause) => change::pause(pause, target, json).await,
        Command::Resume(plugin) => change::resume(plugin, target, json).await,
        Command::Set(set) => change::set(set, target, json).await,
        Command::Logs(logs) => logs::logs(logs, target, json).await,
        Command::Replay(replay) => replay::replay(replay, target, json).await,
        Command::DryRun(dry_run) => dry_run::dry_run(dry_run, target, json).await,
    }
}
