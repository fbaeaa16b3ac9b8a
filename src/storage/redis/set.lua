-- An owner's set. The score of an id is its last hour and, behind it, its stamp: 21 and 32 bits, which a double holds
-- exactly. The stamp is the second of the latest addition, or one more than the stamp before, so that no two additions
-- have the same. The last hour of an ended session is 0. Its id stays for a minute, so that a late save finds that it
-- has ended.
local STAMPS, MINUTE = 4294967296, 60

local function now() return tonumber(redis.call('TIME')[1]) end

-- Drops the ids whose time has passed, and has the set expire with the last of the others.
local function settle(key, second)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('(%.0f', second - MINUTE))
  redis.call('ZREMRANGEBYSCORE', key, STAMPS, string.format('(%.0f', math.floor(second / 3600) * STAMPS))
  local top = tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2] or 0)
  local last = math.floor(top / STAMPS)
  redis.call('EXPIREAT', key, string.format('%.0f', last > 0 and (last + 1) * 3600 or second + 2 * MINUTE))
end

-- Whether the set has the id of a session that is not known to have ended.
local function is_listed(key, id)
  local score = tonumber(redis.call('ZSCORE', key, id) or nil)
  return score and score >= STAMPS
end

-- Adds an id until the hour `last`. Returns its stamp, as records have it, and whether no other save can be under way
-- that has added the id: none takes a minute.
local function add(key, id, last)
  local second = now()
  local stamp, score = second, tonumber(redis.call('ZSCORE', key, id) or nil)
  local is_alone = not score or score < STAMPS or second - score % STAMPS > MINUTE
  if score then
    last = math.max(last, math.floor(score / STAMPS))
    stamp = math.max(second, score % STAMPS + 1)
  end
  redis.call('ZADD', key, string.format('%.0f', last * STAMPS + stamp), id)
  settle(key, second)
  return struct.pack('>I4', stamp), is_alone
end
