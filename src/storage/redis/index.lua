-- Adds an id to its owner's set until the hour `last`, and drops those whose last hour has passed.
-- A score is the last hour and, behind it, the second of the latest addition: 21 and 32 bits, which a double holds exactly.
local function index(key, id, last)
  local second = tonumber(redis.call('TIME')[1])
  local hour = math.floor(second / 3600)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('(%.0f', hour * 4294967296))
  local score = redis.call('ZSCORE', key, id)
  if score then last = math.max(last, math.floor(tonumber(score) / 4294967296)) end
  redis.call('ZADD', key, string.format('%.0f', last * 4294967296 + second), id)
  local top = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]
  redis.call('EXPIREAT', key, string.format('%.0f', (math.floor(tonumber(top) / 4294967296) + 1) * 3600))
end
