-- Returns what a GET has not found: nothing, and not before `WAIT`, or what is there by now. KEYS: the record.
confirm(KEYS[1], redis.call('GETRANGE', KEYS[1], 0, BEGINNING))
return redis.call('GET', KEYS[1])
