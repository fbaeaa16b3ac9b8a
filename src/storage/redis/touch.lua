-- Moves the times of a record that is at the expected version: 1; 0: it is not; 2: its owner's set ends too early for
-- that. KEYS: the record. ARGV: its expected beginning, the new times, the server's end in milliseconds, the hour that
-- the owner's set must reach, and the hour and the stamp that it was just given there (or nothing).
local head = redis.call('GETRANGE', KEYS[1], 0, 31)
if string.sub(head, 1, 12) ~= ARGV[1] then return 0 end
if ARGV[5] == '' then
  local last = struct.unpack('>I4', head, 29)
  if last ~= 0 and last < tonumber(ARGV[4]) then return 2 end
end
redis.call('SETRANGE', KEYS[1], 12, ARGV[2] .. ARGV[5])
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
return 1
