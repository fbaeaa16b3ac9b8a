-- How much of a record is read, to have its head and, if that is not too long, its owner.
local BEGINNING = 295
-- How long the server keeps a record that has ended, in microseconds, as `stored.rs` has it.
local GRACE = 5 * 60 * 1000000

local function is_record(beginning) return #beginning >= 40 and string.sub(beginning, 1, 3) == 'abs' end

-- The owner of the record that begins so; nothing, if it has none or is no record.
local function owner_of(key, beginning)
  if not is_record(beginning) then return nil end
  if string.sub(beginning, 29, 32) == '\0\0\0\0' then return nil end
  local last = 40 + struct.unpack('>I4', beginning, 37)
  if last > #beginning then beginning = redis.call('GETRANGE', key, 0, last - 1) end
  return string.sub(beginning, 41, last)
end

-- Writes again what was read, be it nothing, where that is the answer. From Redis 7.2 on, `WAIT` is about what its own
-- connection has written and nothing else, and what was read may have been written on another one. A server without
-- memory refuses neither.
local function confirm(key, beginning)
  if is_record(beginning) then
    -- The time that it has.
    local millis = math.floor((struct.unpack('>i8', beginning, 21) + GRACE) / 1000)
    redis.call('PEXPIREAT', key, string.format('%.0f', math.max(millis, 1)))
  elseif beginning == '' then
    -- Behind another write, a script's `SET` is not refused.
    redis.call('DEL', key)
    redis.call('SET', key, '')
    redis.call('DEL', key)
  end
end
