-- Drops the ids of ended sessions from an owner's set. KEYS: the set. ARGV: ids, and behind each the stamp of its
-- record that was removed, or nothing where no record was found. An id that was added again has another stamp. Without
-- a record, it must be a minute old: its save may be under way.
local second = now()
for at = 1, #ARGV, 2 do
  local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[at]) or nil)
  if score and score >= STAMPS then
    local stamp = score % STAMPS
    local is_old = second - stamp > MINUTE
    if ARGV[at + 1] == struct.pack('>I4', stamp) or (ARGV[at + 1] == '' and is_old) then
      -- What is old goes at once, by `settle`.
      local ended = is_old and 0 or math.max(second, stamp + 1)
      redis.call('ZADD', KEYS[1], string.format('%.0f', ended), ARGV[at])
    end
  end
end
settle(KEYS[1], second)
return 1
