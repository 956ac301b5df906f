-- What a server asks when it connects to a log, and again whenever it must know how far it goes.
-- Keys: redis_log.h. Arguments: the life that is known ("": none yet), one to begin with if there is
-- none, the newest seq that the server has, how many entries to return.
-- Returns life, seq, [the entry of that seq, if it is there], [the entries after it]; and, for a
-- server that has nothing of a log that has dropped its beginning, [channel, n, ...] and
-- [field of KEY:latest, value, ...].
local stream, state, counts, _, latest = unpack(KEYS)
local known, fresh, have, most = unpack(ARGV)
local life, seq = unpack(redis.call('HMGET', state, 'life', 'seq'))
if not life and known == '' and redis.call('EXISTS', stream) == 0 then
  life, seq = fresh, '0'
  redis.call('HSET', state, 'life', life, 'seq', seq)
end
if not life or (known ~= '' and known ~= life) or tonumber(seq) < tonumber(have) then
  return redis.error_reply('LOST another log, or less of it')
end
local here = redis.call('XRANGE', stream, '0-' .. have, '0-' .. have)
local after = redis.call('XRANGE', stream, '(0-' .. have, '+', 'COUNT', most)
local trimmed = known == '' and seq ~= '0' and (not after[1] or after[1][1] ~= '0-1')
return {life, seq, here, after, trimmed and redis.call('HGETALL', counts) or {},
        trimmed and redis.call('HGETALL', latest) or {}}
