use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Limits the files that a running process may write to so many bytes each, or lifts the limit: a full disk, and one
/// with room again.
pub(crate) fn limit_files(process: u32, bytes: Option<u64>) {
    let Ok(owner) = fs::metadata(format!("/proc/{process}")) else {
        // It has ended meanwhile.
        return;
    };
    // The soft limit alone, which its owner may lift again.
    let limit = bytes.map_or("unlimited:".to_owned(), |bytes| format!("{bytes}:"));
    let mut prlimit = Command::new("prlimit");
    prlimit.args([format!("--pid={process}"), format!("--fsize={limit}")]);
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        prlimit.uid(owner.uid()).gid(owner.gid());
    }
    let limited = prlimit
        .output()
        .expect("prlimit is there (Debian package util-linux)");
    assert!(
        limited.status.success() || !fs::exists(format!("/proc/{process}")).unwrap(),
        "{limited:?}"
    );
}
