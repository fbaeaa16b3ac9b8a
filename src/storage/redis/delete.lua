-- Removes records, and returns for each its end, its last hour and its stamp; nothing, if it is not there or another
-- owner's. KEYS: the records. ARGV: whether the answer waits for replicas, and whose they must be. Without the latter,
-- whosever they are, and the owner is returned too.
local removed, is_written, kept = {}, false, nil
for at, key in ipairs(KEYS) do
  local beginning = redis.pcall('GETRANGE', key, 0, BEGINNING)
  -- What has another type is nobody's record.
  local is_string = type(beginning) == 'string'
  if not is_string then beginning = '' end
  local owner = owner_of(key, beginning)
  removed[at] = false
  if (not ARGV[2] or owner == ARGV[2]) and redis.call('DEL', key) == 1 then
    removed[at] = {string.sub(beginning, 21, 36), not ARGV[2] and owner or nil}
    is_written = true
  elseif is_string then
    kept = {key, beginning}
  end
end
-- `WAIT` is about the whole script: one write is enough.
if ARGV[1] == '1' and kept and not is_written then confirm(kept[1], kept[2]) end
return removed
