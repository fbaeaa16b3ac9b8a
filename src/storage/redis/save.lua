-- Writes a record if the stored one is at the expected version: 1, or what is stored (nothing: nil).
-- KEYS: the record, and its owner's set where both lie on one node.
-- ARGV: the expected beginning of the record (empty: nothing is stored), the nonce of this write, the new beginning, the JSON,
-- the end in milliseconds, whether this write was sent before, and for the owner's set the id and the last hour.
local head = redis.call('GETRANGE', KEYS[1], 0, 63)
if string.sub(head, 1, 12) ~= ARGV[1] then
  -- At another version, this write may have been applied already.
  for at = 33, #head, 8 do
    if string.sub(head, at, at + 7) == ARGV[2] then return 1 end
  end
  return redis.call('GET', KEYS[1])
end
if ARGV[6] == '1' and head == '' and KEYS[2] and redis.call('ZSCORE', KEYS[2], ARGV[7]) then
  -- The first sending created the session, and somebody has deleted it since.
  return false
end
local nonces = head == '' and string.rep('\0', 24) or string.sub(head, 33, 56)
local value = ARGV[3] .. ARGV[2] .. nonces .. ARGV[4]
if redis.REDIS_VERSION_NUM then
  redis.call('SET', KEYS[1], value, 'PXAT', ARGV[5])
else
  -- Before Redis 7, which may not know the option.
  redis.call('SET', KEYS[1], value)
  redis.call('PEXPIREAT', KEYS[1], ARGV[5])
end
if KEYS[2] then index(KEYS[2], ARGV[7], tonumber(ARGV[8])) end
return 1
