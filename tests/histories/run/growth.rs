use crate::worker::Figures;

/// How much more a process may have at the end than after the warm-up, once no request is under way and all sessions
/// have ended.
///
/// Some of it comes and goes by itself. A pool has as many connections as the load of its last minutes asked for, up to
/// 16, each of them with a task, a file, buffers and prepared statements of some tens of kilobytes. Maps have room for
/// twice of what they held at most. Threads that wait for the disk stay for ten seconds. And an allocator gives little
/// back to the system.
///
/// What each request leaves behind goes beyond that: of the heap, within an hour on a busy machine, a few bytes.
const MARGIN: Figures = Figures {
    heap: 1 << 20,
    resident: 16 << 20,
    tasks: 20,
    threads: 8,
    files: 20,
    connections: 16,
};

/// What there is more of after than before.
pub(super) fn growth((before, after): &(Figures, Figures)) -> Vec<&'static str> {
    let all = before.named().into_iter().zip(after.named());
    let all = all.zip(MARGIN.named());
    let grown = all.filter(|(((_, before), (_, after)), (_, margin))| *after > before + margin);
    grown.map(|(((name, _), _), _)| name).collect()
}
