//! What collectors write where a log should be: nothing of it is a failure of what was collected.

use crate::text::starts_with_any;

/// Starts of lines that a collector writes when it could not get a log.
const STARTS: &[&[u8]] = &[
    // kubectl and the kubelet.
    b"unable to retrieve container logs for ",
    b"Error from server (BadRequest): previous terminated container ",
    b"Error from server (BadRequest): container ",
    b"Error from server (NotFound): ",
    b"failed to try resolving symlinks in path ",
    b"failed to create fsnotify watcher: too many open files",
    // docker logs.
    b"Error response from daemon: No such container: ",
    b"Error: No such container: ",
    b"Error response from daemon: configured logging driver does not support reading",
    b"Error: configured logging driver does not support reading",
    // journalctl.
    b"-- No entries --",
    b"No journal files were found.",
    b"No journal files were opened due to insufficient permissions.",
    b"Failed to open journal file ",
    b"Failed to add match ",
    // sosreport.
    b"[sos: command not found]",
];

/// Whether a line, as it stands in a file, is what a collector wrote instead of a log.
pub(crate) fn is_collectors(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if starts_with_any(line, STARTS) {
        return true;
    }
    // `previous terminated container "x" in pod "y" not found`, as troubleshoot and client libraries have it.
    line.starts_with(b"previous terminated container ") && line.ends_with(b" not found")
}

#[cfg(test)]
mod tests {
    use super::is_collectors;

    #[test]
    fn what_stands_for_a_log_is_told_from_a_log() {
        for line in [
            r#"Error from server (BadRequest): previous terminated container "x" in pod "y" not found"#,
            r#"previous terminated container "x" in pod "y" not found"#,
            "unable to retrieve container logs for containerd://0a1b",
            "-- No entries --",
        ] {
            assert!(is_collectors(line.as_bytes()), "{line}");
        }
        for line in [
            "E1204 08:59:24.803571       1 x.go:1] unable to retrieve container logs for containerd://0a1b",
            "-- Reboot --",
            "Error from server: etcdserver: request timed out",
            "container not found",
        ] {
            assert!(!is_collectors(line.as_bytes()), "{line}");
        }
    }
}
