-- KEYS: the owner's set. ARGV: the id and the last hour.
local stamp, is_alone = add(KEYS[1], ARGV[1], tonumber(ARGV[2]))
return {stamp, is_alone and 1 or 0}
