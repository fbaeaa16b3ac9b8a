-- Writes a record if the stored one is at the expected version: 1, or the former owner and stamp, if the owner is
-- another now. Else what is stored (nothing: nil). KEYS: the record, and its owner's set where both lie on one node.
-- ARGV: the expected beginning of the record (empty: nothing is stored), the new beginning, the stamp where it is known,
-- the owner behind its length, the JSON, the server's end in milliseconds, whether this write was sent before, whether
-- the answer waits for replicas, and for the owner's set the id, the last hour, and the hour that it must reach.
local beginning = redis.call('GETRANGE', KEYS[1], 0, BEGINNING)
local former, waits = owner_of(KEYS[1], beginning), ARGV[8] == '1'
local is_owned = string.sub(ARGV[2], 29, 32) ~= '\0\0\0\0'
local stays = former and is_owned and former == string.sub(ARGV[4], 5)
if string.sub(beginning, 1, 12) ~= ARGV[1] then
  if stays and struct.unpack('>I4', ARGV[3]) > struct.unpack('>I4', beginning, 33) then
    -- The set has the id under this stamp by now, and whoever ends the session takes it out by the record's.
    redis.call('SETRANGE', KEYS[1], 32, ARGV[3])
  end
  if waits then confirm(KEYS[1], beginning) end
  return redis.call('GET', KEYS[1])
end
if ARGV[7] == '1' and beginning == '' and KEYS[2] and redis.call('ZSCORE', KEYS[2], ARGV[9]) then
  -- The first sending created the session, and somebody has deleted it since.
  if waits then confirm(KEYS[1], beginning) end
  return false
end
local head, stamp = ARGV[2], ARGV[3]
if KEYS[2] then
  local listed = stays and struct.unpack('>I4', beginning, 29) >= tonumber(ARGV[11])
  if listed and is_listed(KEYS[2], ARGV[9]) then
    head, stamp = string.sub(head, 1, 28) .. string.sub(beginning, 29, 32), string.sub(beginning, 33, 36)
  else
    stamp = add(KEYS[2], ARGV[9], tonumber(ARGV[10]))
  end
end
local value = head .. stamp .. ARGV[4] .. ARGV[5]
if redis.REDIS_VERSION_NUM then
  redis.call('SET', KEYS[1], value, 'PXAT', ARGV[6])
else
  -- Before Redis 7, which may not know the option.
  redis.call('SET', KEYS[1], value)
  redis.call('PEXPIREAT', KEYS[1], ARGV[6])
end
if former and not stays then return {former, string.sub(beginning, 33, 36)} end
return 1
