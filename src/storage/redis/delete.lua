-- Removes a record that is at the expected version: 1, else 0.
-- KEYS: the record. ARGV: its expected beginning.
if redis.call('GETRANGE', KEYS[1], 0, 11) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
