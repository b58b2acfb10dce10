//! The programs of the page, as the page has them.

use std::path::{Path, PathBuf};

use support::page::Page;
use tokio::process::Command;

use crate::Failure;
use crate::world::World;

/// Where Debian and Ubuntu put the packages of Go.
const GO_PACKAGES: &str = "/usr/share/gocode";

/// A program, and how it is started.
pub struct Program {
    /// The heading of its section.
    pub name: &'static str,
    start: Vec<String>,
    /// The variable that leads it to Lambda's API.
    variable: &'static str,
}

/// Where Lambda's API is: its endpoint, and a proxy for an SDK that knows no endpoint but Amazon's.
#[derive(Clone)]
pub struct Places {
    pub endpoint: String,
    pub proxy: String,
}

const ENDPOINT: &str = "AWS_ENDPOINT_URL_LAMBDA";
const PROXY: &str = "HTTPS_PROXY";

impl Program {
    /// Its command for an API.
    pub fn command(&self, world: &World, api: &Places) -> Command {
        let mut command = world.command(&self.start[0]);
        let place = if self.variable == PROXY { &api.proxy } else { &api.endpoint };
        command.args(&self.start[1..]).env(self.variable, place);
        command
    }
}

/// The programs that can be run here; names the others.
pub async fn all(world: &World) -> Result<Vec<Program>, Failure> {
    let page = Page::read("src/guide/ask.md");
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let python = write("ask.py", &page.code("Python", "python"))?;
    let javascript = world.beside_packages("ask.mjs", &page.code("JavaScript", "javascript"))?;
    let mut programs = vec![
        Program { name: "Python", start: vec!["python".to_owned(), text(&python)], variable: ENDPOINT },
        Program { name: "JavaScript", start: vec!["node".to_owned(), text(&javascript)], variable: ENDPOINT },
    ];
    if has(world, "jq", "--version").await {
        let script = write("ask.sh", &page.code("AWS CLI", "bash"))?;
        programs.push(Program { name: "AWS CLI", start: vec!["bash".to_owned(), text(&script)], variable: ENDPOINT });
    } else {
        println!("\nSKIPPED: the AWS CLI. It needs jq: apt-get install jq\n");
    }
    let has_sdk = Path::new(GO_PACKAGES).join("src/github.com/aws/aws-sdk-go-v2/service/lambda").exists();
    if has_sdk && has(world, "go", "version").await {
        let source = write("ask.go", &page.code("Go", "go"))?;
        let built = build(world, &source).await?;
        programs.push(Program { name: "Go", start: vec![built], variable: PROXY });
    } else {
        println!("\nSKIPPED: Go. It needs packages: apt-get install golang-go golang-github-aws-aws-sdk-go-v2-dev\n");
    }
    Ok(programs)
}

/// Writes a program into a folder of this test.
fn write(name: &str, code: &str) -> Result<PathBuf, Failure> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("checks");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    std::fs::write(&path, code)?;
    Ok(path)
}

/// Whether a program is installed.
async fn has(world: &World, program: &str, question: &str) -> bool {
    world.command(program).arg(question).output().await.is_ok_and(|output| output.status.success())
}

/// Compiles a Go program with the packages of the system.
async fn build(world: &World, source: &Path) -> Result<String, Failure> {
    let program = source.with_file_name("ask-go");
    let mut go = world.command("go");
    go.args(["build", "-o"]).arg(&program).arg(source).env("GO111MODULE", "off").env("GOPATH", GO_PACKAGES);
    go.env("GOCACHE", source.with_file_name("go-cache")).env("GOFLAGS", "").env("CGO_ENABLED", "0");
    if go.status().await?.success() {
        Ok(program.to_string_lossy().into_owned())
    } else {
        Err("the Go program does not compile".into())
    }
}
