-- Moves the times of a record that is at the expected version: 1, or of one that has an owner the owner, the last hour
-- and the stamp; 0: it is not; 2: its owner's set ends too early for that. KEYS: the record. ARGV: its expected
-- beginning, the new times, the server's end in milliseconds, the hour that the owner's set must reach, and whether
-- the answer waits for replicas.
local beginning = redis.call('GETRANGE', KEYS[1], 0, BEGINNING)
if string.sub(beginning, 1, 12) ~= ARGV[1] then
  if ARGV[5] == '1' then confirm(KEYS[1], beginning) end
  return 0
end
local owner = owner_of(KEYS[1], beginning)
if owner and struct.unpack('>I4', beginning, 29) < tonumber(ARGV[4]) then return 2 end
redis.call('SETRANGE', KEYS[1], 12, ARGV[2])
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
return owner and {owner, string.sub(beginning, 29, 36)} or 1
