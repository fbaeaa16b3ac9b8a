-- How much of a record is read, to have its head and, if that is not too long, its owner.
local BEGINNING = 295

-- The owner of the record that begins so; nothing, if it has none or is no record.
local function owner_of(key, beginning)
  if #beginning < 40 or string.sub(beginning, 1, 3) ~= 'abs' then return nil end
  if string.sub(beginning, 29, 32) == '\0\0\0\0' then return nil end
  local last = 40 + struct.unpack('>I4', beginning, 37)
  if last > #beginning then beginning = redis.call('GETRANGE', key, 0, last - 1) end
  return string.sub(beginning, 41, last)
end

-- Writes again what was read, be it nothing, where that is the answer. From Redis 7.2 on, `WAIT` is about what its own
-- connection has written and nothing else, and what was read may have been written on another one.
local function confirm(key, beginning)
  if beginning ~= '' then
    redis.call('SETRANGE', key, 0, string.sub(beginning, 1, 1))
  else
    -- A server without memory refuses a script's `SET`, but not behind another write.
    redis.call('DEL', key)
    redis.call('SET', key, '')
    redis.call('DEL', key)
  end
end
