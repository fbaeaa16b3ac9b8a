//! Many writers of one SQLite file, in one process and in several.

use axum::http::StatusCode;
use axum_bare_session::SqliteSessionStorage;
use axum_bare_session::storage::{Saved, SessionStorage};
use futures_util::future::join_all;
use tokio::time::{Duration, Instant, sleep};
use uuid::Uuid;

use super::app::app;
use super::database::{Database, migrated};
use super::sqlite::Sqlite;
use super::table::record;

/// 50 writers, each with a session of its own, 20 times.
async fn write_in_parallel(storages: Vec<SqliteSessionStorage>) {
    let writers = (0..50).map(|writer| {
        let mut browser = app(storages[writer % storages.len()].clone());
        tokio::spawn(async move {
            for _ in 0..20 {
                let reply = browser.post("/count").await;
                assert_eq!(reply.status, StatusCode::OK, "database is locked");
            }
            browser.get("/counted").await.body
        })
    });
    for counted in join_all(writers).await {
        assert_eq!(counted.unwrap(), "20");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_parallel_writers_none_finds_the_file_locked() {
    let (_file, storage) = migrated::<Sqlite>("fifty").await;
    write_in_parallel(vec![storage]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_writers_in_four_processes_none_finds_the_file_locked() {
    let (file, first) = migrated::<Sqlite>("four").await;
    let mut storages = vec![first];
    for _ in 0..3 {
        storages.push(file.connect().await.unwrap());
    }
    write_in_parallel(storages).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_processes_that_write_without_a_pause_none_is_kept_out() {
    let (file, first) = migrated::<Sqlite>("turns").await;
    let storages = [first, file.connect().await.unwrap()];
    let end = Instant::now() + Duration::from_secs(5);
    let writers = (0..128).map(|writer| {
        let storage = storages[writer % 2].clone();
        tokio::spawn(async move {
            let (mut writes, mut longest) = (0, Duration::ZERO);
            while Instant::now() < end {
                let begun = Instant::now();
                let saved = storage
                    .save(Uuid::new_v4().into(), record(None), None)
                    .await;
                assert_eq!(saved.expect("it is kept out"), Saved::Done);
                writes += 1;
                longest = longest.max(begun.elapsed());
            }
            (writer % 2, writes, longest)
        })
    });
    let mut all = [0, 0];
    for writer in join_all(writers).await {
        let (of, writes, longest) = writer.unwrap();
        all[of] += writes;
        assert!(longest < Duration::from_secs(3), "{longest:?}");
    }
    let [first, second] = all;
    assert!(first < 10 * second && second < 10 * first, "{all:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn of_16_that_open_a_new_file_at_once_none_finds_it_locked() {
    for round in 0..20 {
        let file = Sqlite::new(&format!("opened_{round}")).await;
        for opened in join_all((0..16).map(|_| file.migrate())).await {
            opened.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_saves_at_once_are_all_answered() {
    let (_file, storage) = migrated::<Sqlite>("crowd").await;
    let saves = (0..10_000).map(|_| storage.save(Uuid::new_v4().into(), record(None), None));
    for saved in join_all(saves).await {
        assert_eq!(saved.unwrap(), Saved::Done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_keeps_the_file_locked_fails_writes_in_time_and_holds_up_no_read() {
    let (file, storage) = migrated::<Sqlite>("locked").await;
    let (id, first) = (Uuid::new_v4().into(), record(None));
    let saved = storage.save(id, first.clone(), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    let other = file.other_program();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let writes = join_all((0..64).map(|_| storage.delete(id)));
    let reads = async {
        let mut longest = Duration::ZERO;
        while begun.elapsed() < Duration::from_secs(2) {
            let read = Instant::now();
            assert_eq!(storage.load(id).await.unwrap().as_ref(), Some(&first));
            longest = longest.max(read.elapsed());
            sleep(Duration::from_millis(1)).await;
        }
        longest
    };
    let opened = async { file.connect().await.expect("it opens while another writes") };
    let (answers, longest, _) = tokio::join!(writes, reads, opened);
    let took = begun.elapsed();
    assert!(
        longest < Duration::from_millis(500),
        "a read took {longest:?}"
    );
    // The middleware would send a save anew, and never learn why.
    assert!(took < Duration::from_secs(4), "writes took {took:?}");
    for answer in answers {
        let chain = super::table::chain(&answer.unwrap_err());
        assert!(chain.contains("another program has locked"), "{chain}");
    }
    other.execute_batch("ROLLBACK").unwrap();
    assert!(storage.delete(id).await.unwrap());
}
