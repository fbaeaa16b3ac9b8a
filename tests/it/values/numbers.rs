use axum_bare_session::SessionData;

use super::across_requests;

/// Asserts that a value survives to the next request exactly as it was.
macro_rules! survives {
    ($($value:expr),+ $(,)?) => {$(
        across_requests(
            |session| session.insert("n", $value),
            |session| {
                let read = session.get("n")?;
                assert_eq!(read, Some($value));
                Ok(())
            },
        )
        .await;
    )+};
}

#[tokio::test]
async fn integers_survive_at_the_ends_of_their_ranges() {
    survives![
        u64::MAX,
        u64::MIN,
        i64::MIN,
        i64::MAX,
        u128::MAX,
        i128::MIN,
        i8::MIN,
        0_u8
    ];
    // Beyond what a JavaScript number holds exactly.
    survives![9_007_199_254_740_993_u64];
}

#[tokio::test]
async fn floats_survive_bit_by_bit() {
    survives![
        0.1,
        -0.0,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        f64::EPSILON,
        1e-323,
        5e-324
    ];
    survives![f32::MAX, f32::MIN_POSITIVE, 0.1_f32];
    across_requests(
        |session| session.insert("n", -0.0),
        |session| {
            let read = session.get::<f64>("n")?.unwrap();
            assert!(read.is_sign_negative());
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn text_chars_and_booleans_survive() {
    survives![
        true,
        'é',
        String::from("\u{0}\u{7f}\u{1f36a}"),
        String::new()
    ];
    survives![Some(vec![(1_u8, None::<String>)])];
}

#[test]
fn a_number_is_read_as_any_type_that_can_hold_it() {
    let session: SessionData = SessionData::detached();
    session.insert("n", 200_u8).unwrap();
    assert_eq!(session.get::<u64>("n").unwrap(), Some(200));
    assert_eq!(session.get::<i64>("n").unwrap(), Some(200));
    assert_eq!(session.get::<f64>("n").unwrap(), Some(200.0));
    assert!(session.get::<i8>("n").is_err());
    session.insert("n", -1).unwrap();
    assert!(session.get::<u64>("n").is_err());
    session.insert("n", 1.5).unwrap();
    assert!(session.get::<u64>("n").is_err());
}

#[test]
fn numbers_within_json_values_survive() {
    let session: SessionData = SessionData::detached();
    let json = serde_json::json!([u64::MAX, i64::MIN, 0.1, 1e300]);
    session.insert("n", &json).unwrap();
    let read = session.get::<serde_json::Value>("n").unwrap().unwrap();
    assert_eq!(read, json);
    assert_eq!(read[0].as_u64(), Some(u64::MAX));
    assert_eq!(read[1].as_i64(), Some(i64::MIN));
    assert_eq!(read[2].as_f64(), Some(0.1));
}
