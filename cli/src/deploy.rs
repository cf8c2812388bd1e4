//! `stoa deploy`: what a deployment is made of. See docs/deploy.md.

use crate::checkout::{Checkout, run};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;

/// Functions with a bootstrap of their own. Those in one row are built together: cargo gives crates that are built
/// together one set of features, and checkout and CRM must not get the compiler that the merchant's function has.
const BUILT_TOGETHER: [&[&str]; 2] = [&["checkout", "payments", "publish", "crm"], &["merchant"]];

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Build the functions: one folder for each with its `bootstrap`, ready to be zipped for Lambda
    Build {
        /// Where the folders go
        #[arg(long, value_name = "DIR", default_value = "target/lambda")]
        out: PathBuf,
    },
    /// Print the table as the code expects it, to compare a template with
    Table,
}

pub(crate) fn deploy(command: &Command) -> Result<()> {
    match command {
        Command::Build { out } => {
            let checkout = Checkout::find()?;
            bootstraps(&checkout)?;
            for function in BUILT_TOGETHER.concat() {
                let path = out.join(function).join("bootstrap");
                fs::create_dir_all(out.join(function)).with_context(|| format!("making {}", out.display()))?;
                let program = checkout.target.join("release").join(format!("stoa-{function}"));
                fs::copy(&program, &path).with_context(|| format!("copying {}", program.display()))?;
                println!("{}", path.display());
            }
        }
        Command::Table => println!("{}", stoa_storage::schema::cloudformation()),
    }
    Ok(())
}

/// The release bootstraps, each with the features that its function alone asks for.
pub(crate) fn bootstraps(checkout: &Checkout) -> Result<()> {
    for functions in BUILT_TOGETHER {
        let mut cargo = checkout.cargo(["build", "--release", "--locked", "--quiet", "--bins"]);
        for function in functions {
            cargo.args(["--package", &format!("stoa-{function}")]);
        }
        run(&mut cargo)?;
    }
    Ok(())
}
