-- Puts an id back into its owner's set, from which only an eviction can have taken it. KEYS: the set. ARGV: the id, and
-- its last hour and its stamp, as the record has them.
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  local last, stamp = struct.unpack('>I4I4', ARGV[2])
  redis.call('ZADD', KEYS[1], string.format('%.0f', last * STAMPS + stamp), ARGV[1])
  settle(KEYS[1], now())
end
return 1
