use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::ops::{Deref, DerefMut};

use shuttle::sync::{Mutex, MutexGuard};

/// A map with `dashmap`'s calls behind one lock of the scheduler's, as if all keys were of one shard.
pub(crate) struct DashMap<K, V, S>(Mutex<HashMap<K, V, S>>);

/// A value, with the map's lock held.
pub(crate) struct Held<'a, K, V, S> {
    map: MutexGuard<'a, HashMap<K, V, S>>,
    key: K,
}

impl<K: Eq + Hash + Copy, V, S: BuildHasher> DashMap<K, V, S> {
    pub(crate) fn with_hasher_and_shard_amount(hasher: S, _: usize) -> Self {
        Self(Mutex::new(HashMap::with_hasher(hasher)))
    }

    pub(crate) fn get(&self, key: &K) -> Option<Held<'_, K, V, S>> {
        self.get_mut(key)
    }

    pub(crate) fn get_mut(&self, key: &K) -> Option<Held<'_, K, V, S>> {
        let (map, key) = (self.map(), *key);
        map.contains_key(&key).then_some(Held { map, key })
    }

    pub(crate) fn insert(&self, key: K, value: V) -> Option<V> {
        self.map().insert(key, value)
    }

    pub(crate) fn remove(&self, key: &K) -> Option<(K, V)> {
        self.map().remove_entry(key)
    }

    pub(crate) fn remove_if(&self, key: &K, is: impl FnOnce(&K, &V) -> bool) -> Option<(K, V)> {
        let mut map = self.map();
        is(key, map.get(key)?).then(|| map.remove_entry(key))?
    }

    pub(crate) fn map(&self) -> MutexGuard<'_, HashMap<K, V, S>> {
        self.0.lock().expect("no thread panics with it")
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> Deref for Held<'_, K, V, S> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.map[&self.key]
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> DerefMut for Held<'_, K, V, S> {
    fn deref_mut(&mut self) -> &mut V {
        self.map.get_mut(&self.key).expect("it is held")
    }
}
