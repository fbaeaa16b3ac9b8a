-- Writes a record if the stored one is at the expected version: 1, or the former owner and stamp, if the owner is
-- another now. Else what is stored (nothing: nil). KEYS: the record, and its owner's set where both lie on one node.
-- ARGV: the expected beginning of the record (empty: nothing is stored), the nonce of this write, the new beginning,
-- the stamp where it is known, the owner behind its length, the JSON, the server's end in milliseconds, whether this
-- write was sent before, and for the owner's set the id and the last hour.
local beginning = redis.call('GETRANGE', KEYS[1], 0, BEGINNING)
if string.sub(beginning, 1, 12) ~= ARGV[1] then
  -- At another version, this write may have been applied already.
  for at = 37, 61, 8 do
    if string.sub(beginning, at, at + 7) == ARGV[2] then return 1 end
  end
  return redis.call('GET', KEYS[1])
end
local is_new = beginning == ''
if ARGV[8] == '1' and is_new and KEYS[2] and redis.call('ZSCORE', KEYS[2], ARGV[9]) then
  -- The first sending created the session, and somebody has deleted it since.
  return false
end
local former = owner_of(KEYS[1], beginning)
local nonces = is_new and string.rep('\0', 24) or string.sub(beginning, 37, 60)
local stamp = KEYS[2] and add(KEYS[2], ARGV[9], tonumber(ARGV[10])) or ARGV[4]
local value = ARGV[3] .. stamp .. ARGV[2] .. nonces .. ARGV[5] .. ARGV[6]
if redis.REDIS_VERSION_NUM then
  redis.call('SET', KEYS[1], value, 'PXAT', ARGV[7])
else
  -- Before Redis 7, which may not know the option.
  redis.call('SET', KEYS[1], value)
  redis.call('PEXPIREAT', KEYS[1], ARGV[7])
end
local is_owned = string.sub(ARGV[3], 29, 32) ~= '\0\0\0\0'
if former and not (is_owned and former == string.sub(ARGV[5], 5)) then
  return {former, string.sub(beginning, 33, 36)}
end
return 1
