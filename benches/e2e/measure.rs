//! One command as a child: its wall time, its processor time and its memory.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a command took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) wall: f64,
    /// Seconds of all processors, in the program and in the kernel.
    pub(crate) cpu: f64,
    /// The most memory at a time, in MiB, of the largest process.
    pub(crate) memory: f64,
    /// The exit status; none after a signal.
    pub(crate) status: Option<i32>,
}

/// Runs the command through a small process of its own: what a parent holds counts for the child until that has become
/// another program, and usage is told for all children of a process together.
pub(crate) fn measure(command: &[String], scratch: &Path) -> io::Result<Usage> {
    let result = scratch.join("measured");
    let status = Command::new(std::env::current_exe()?)
        .arg("measure")
        .arg(&result)
        .args(command)
        .status()?;
    if !status.success() {
        return Err(io::Error::other(format!(
            "`{}` could not be run",
            command.join(" ")
        )));
    }
    let text = std::fs::read_to_string(&result)?;
    let numbers: Vec<f64> = text
        .split(' ')
        .filter_map(|number| number.parse().ok())
        .collect();
    let [wall, cpu, memory, rest @ ..] = &numbers[..] else {
        return Err(io::Error::other("a measurement without numbers"));
    };
    #[expect(clippy::cast_possible_truncation, reason = "an exit status")]
    let status = rest.first().map(|status| *status as i32);
    Ok(Usage {
        wall: *wall,
        cpu: *cpu,
        memory: *memory,
        status,
    })
}

/// The small process: runs the command, and writes what it took into a file.
pub(crate) fn run(result: &str, command: &[String]) -> io::Result<()> {
    let [program, args @ ..] = command else {
        return Err(io::Error::other("no command"));
    };
    let start = Instant::now();
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let wall = start.elapsed().as_secs_f64();
    let (cpu, memory) = of_children()?;
    let status = status
        .code()
        .map(|code| code.to_string())
        .unwrap_or_default();
    std::fs::write(
        result,
        format!("{wall} {} {memory} {status}", cpu.as_secs_f64()),
    )
}

#[cfg(unix)]
fn of_children() -> io::Result<(Duration, f64)> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::{TimeVal, TimeValLike};
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let duration = |time: TimeVal| Duration::from_micros(time.num_microseconds().unsigned_abs());
    // Linux counts in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") {
        1.0 / 1024.0
    } else {
        1.0
    };
    #[expect(clippy::cast_precision_loss, reason = "less than 2^52")]
    let memory = usage.max_rss() as f64 * unit / 1024.0;
    Ok((
        duration(usage.user_time()) + duration(usage.system_time()),
        memory,
    ))
}

#[cfg(not(unix))]
fn of_children() -> io::Result<(Duration, f64)> {
    Ok((Duration::ZERO, 0.0))
}

/// Whether a program can be found.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder: PathBuf| folder.join(program).is_file())
}
