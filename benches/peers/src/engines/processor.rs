//! What a process and all that it has started have taken of the processor.

use std::collections::HashMap;
use std::{fs, io};

/// The unit of `/proc`, in microseconds: a hundredth of a second on all of Linux's usual machines.
const TICK: f64 = 10_000.0;

struct Process {
    parent: u32,
    ticks: u64,
}

/// In microseconds, the user's part and the system's.
pub fn time(process: u32) -> io::Result<f64> {
    let mut processes = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path();
        let id = path
            .file_name()
            .and_then(|name| name.to_str()?.parse().ok());
        let Some(id) = id else { continue };
        // One may have ended meanwhile.
        let stat = fs::read_to_string(path.join("stat")).unwrap_or_default();
        if let Some(read) = read(&stat) {
            processes.insert(id, read);
        }
    }
    let all = processes
        .keys()
        .filter(|id| is_below(**id, process, &processes));
    let ticks: u64 = all.map(|id| processes[id].ticks).sum();
    Ok(ticks as f64 * TICK)
}

/// What stands behind the name, which may itself have spaces: the third field and those that follow.
fn read(stat: &str) -> Option<Process> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Process {
        parent: number(4)?.try_into().ok()?,
        // Its own time, and that of its children who have ended.
        ticks: [14, 15, 16, 17].into_iter().filter_map(number).sum(),
    })
}

fn is_below(id: u32, ancestor: u32, processes: &HashMap<u32, Process>) -> bool {
    let parent = |id: &u32| processes.get(id).map(|process| process.parent);
    std::iter::successors(Some(id), parent).any(|id| id == ancestor)
}
