//! Many keys in one request.

use crate::support::Setup;

#[tokio::test]
async fn a_request_may_set_twelve_thousand_keys_in_any_order() {
    let setup = Setup::configured(|builder| builder.max_size(usize::MAX));
    let mut browser = setup.browser();
    let visit = browser.begin().await;
    // In an order that is none.
    let numbers = (0_usize..12_000).map(|n| n.wrapping_mul(2_654_435_761) % 1_000_000_007);
    let keys: Vec<_> = numbers.map(|n| format!("key {n}")).collect();
    for (number, key) in keys.iter().enumerate() {
        visit.session.insert(key, number).unwrap();
    }
    browser.keep(&visit.finish().await);
    let visit = browser.begin().await;
    assert_eq!(visit.session.len(), keys.len());
    for number in [0, 1, 6_000, 11_999] {
        assert_eq!(visit.session.get(&keys[number]).unwrap(), Some(number));
    }
    visit.finish().await;
}
