//! The hooks for Django and nodemailer, against the real binary.

use support::invoke_api::InvokeApi;
use tokio::process::Command;

use crate::Failure;
use crate::world::{self, World};

/// Sends through each hook: `hook_django.py`, `hook_nodemailer.mjs`.
pub async fn run(world: &World) -> Result<(), Failure> {
    let (for_python, for_node) = tokio::join!(world.api(), world.api());
    let own = world.root.join("tests/checks");
    let examples = world.root.join("examples");
    let mut django = world.python();
    django.arg(own.join("hook_django.py")).env("PYTHONPATH", &examples);
    let plugin = "nodemailer_plugin.mjs";
    world.beside_packages(plugin, &std::fs::read_to_string(examples.join(plugin))?)?;
    let code = std::fs::read_to_string(own.join("hook_nodemailer.mjs"))?;
    let mut nodemailer = world.command("node");
    nodemailer.arg(world.beside_packages("hook_nodemailer.mjs", &code)?);
    let hooks = [sends(django, &for_python), sends(nodemailer, &for_node)];
    for (name, scenarios) in ["Django", "nodemailer"].into_iter().zip(futures_util::future::try_join_all(hooks).await?)
    {
        println!("{name} sends as it should in {scenarios} scenarios");
    }
    Ok(())
}

/// Runs the scenarios of a hook; returns their number.
async fn sends(mut command: Command, api: &InvokeApi) -> Result<usize, Failure> {
    let functions = [("CHECK", world::CHECK), ("NO_TABLE", world::NO_TABLE), ("MISSING", world::MISSING)];
    let addresses = [("FREE", world::FREE), ("BOUNCED", world::BOUNCED), ("LEFT", world::LEFT)];
    command
        .env("AWS_ENDPOINT_URL_LAMBDA", api.endpoint())
        .env("SENSELESS", world::SENSELESS.join(" "))
        .envs(functions)
        .envs(addresses);
    let output = command.output().await?;
    let printed = String::from_utf8(output.stdout)?;
    let scenarios = printed.lines().filter(|line| line.starts_with("ok ")).count();
    if output.status.success() && scenarios > 0 {
        return Ok(scenarios);
    }
    Err(format!("a hook sends otherwise:\n{printed}\n{}", String::from_utf8_lossy(&output.stderr)).into())
}
