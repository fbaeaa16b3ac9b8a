-- KEYS: the owner's set. ARGV: the id and the last hour.
return add(KEYS[1], ARGV[1], tonumber(ARGV[2]))
