-- Puts posts into a log.
-- Keys: redis_log.h. Arguments: life, the newest seq that the server knows of, how many entries the
-- stream is to keep (a few more at times), then of each post what redis_post_args() makes.
-- Returns a number for each post: its seq; if it came before, minus the seq of its sender's newest.
-- Numbers are doubles in Lua: exact to 2^53, which at a million updates a second lasts for 285
-- years. A sender's own number may be any, so those are compared as text.
local stream, state, counts, senders, latest = unpack(KEYS)
local known, have, most = unpack(ARGV, 1, 3)
local life, seq = unpack(redis.call('HMGET', state, 'life', 'seq'))
if life ~= known or tonumber(seq) < tonumber(have) then
  return redis.error_reply('LOST another log, or less of it')
end
local function next_number(n) return string.format('%.0f', tonumber(n or 0) + 1) end
local function is_newer(a, b) return #a > #b or (#a == #b and a > b) end
local answers = {}
for at = 4, #ARGV, 9 do
  local channel, key, from, from_n, from_t, t, sender, sender_n, data =
    unpack(ARGV, at, at + 8)
  local before = sender ~= '' and redis.call('HGET', senders, sender) or ''
  local newest_n, newest_seq = before:match('^(%d+) (%d+)$')
  if newest_n and not is_newer(sender_n, newest_n) then
    answers[#answers + 1] = -tonumber(newest_seq)
  else
    local n = next_number(redis.call('HGET', counts, channel))
    local entry = {'n', n, 't', t}
    local function add(name, value, none)
      if value ~= none then
        entry[#entry + 1] = name
        entry[#entry + 1] = value
      end
    end
    add('channel', channel, '')
    add('key', key, '')
    add('from', from, '')
    add('from_n', from_n, '0')
    add('from_t', from_t, '0')
    add('data', data)
    seq = next_number(seq)
    redis.call('XADD', stream, 'MAXLEN', '~', most, '0-' .. seq, unpack(entry))
    redis.call('HSET', state, 'seq', seq)
    redis.call('HSET', counts, channel, n)
    redis.call('HSET', latest, channel .. ' ' .. key,
      table.concat({seq, n, t, from_n, from_t, from}, ' ') .. '\n' .. data)
    if sender ~= '' then
      redis.call('HSET', senders, sender, sender_n .. ' ' .. seq)
    end
    answers[#answers + 1] = tonumber(seq)
  end
end
return answers
