//! Measures the time and instructions of a stage.

use std::process::Command;
use std::time::{Duration, Instant};

use harness::stages::Stage;

/// The number of rounds, each of which runs all stages in turn, so that a slow machine slows all of them.
const ROUNDS: usize = 60;
/// The approximate time of one stage per round.
const ROUND: Duration = Duration::from_millis(3);
/// The repetitions counted under valgrind; the lower count is subtracted as the cost of the start.
const COUNTED: (u64, u64) = (20, 120);
/// The same for batches, each of which is a hundred events.
const COUNTED_BATCHES: (u64, u64) = (2, 12);

/// The median time of each stage in nanoseconds, in their order.
pub fn medians(stages: &[Stage]) -> Vec<f64> {
    let repetitions: Vec<u32> = stages.iter().map(repetitions).collect();
    let mut rounds = vec![Vec::with_capacity(ROUNDS); stages.len()];
    for _ in 0..ROUNDS {
        for ((stage, repetitions), times) in stages.iter().zip(&repetitions).zip(&mut rounds) {
            times.push(time(stage, *repetitions).as_secs_f64() * 1e9 / f64::from(*repetitions));
        }
    }
    rounds.into_iter().map(median).collect()
}

/// The median.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn repetitions(stage: &Stage) -> u32 {
    let mut repetitions = 1;
    while time(stage, repetitions) < ROUND {
        repetitions *= 2;
    }
    repetitions
}

fn time(stage: &Stage, repetitions: u32) -> Duration {
    let started = Instant::now();
    (0..repetitions).for_each(|_| (stage.run)());
    started.elapsed()
}

/// The instructions of one stage, counted by valgrind; `None` without valgrind.
pub fn instructions(name: &str) -> Option<u64> {
    let count = |repetitions: u64| {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        valgrind.arg(std::env::current_exe().ok()?).args(["stage", name, &repetitions.to_string()]);
        let output = valgrind.output().ok()?;
        assert!(output.status.success(), "the stage {name} failed under valgrind");
        let text = String::from_utf8(output.stderr).ok()?;
        let collected = text.lines().find_map(|line| line.split_once("Collected :"))?;
        collected.1.trim().parse::<u64>().ok()
    };
    let (few, many) = if name.starts_with("batch.") { COUNTED_BATCHES } else { COUNTED };
    Some(count(many)?.saturating_sub(count(few)?) / (many - few))
}
