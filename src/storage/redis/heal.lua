-- Drops ids from an owner's set, but for those that were added within the last minute: their save may be under way.
-- KEYS: the set. ARGV: the ids.
local second = tonumber(redis.call('TIME')[1])
for _, id in ipairs(ARGV) do
  local score = redis.call('ZSCORE', KEYS[1], id)
  if score and second - tonumber(score) % 4294967296 > 60 then redis.call('ZREM', KEYS[1], id) end
end
return 1
