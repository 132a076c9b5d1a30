import { NOW, script } from './script.ts'

/**
 * Creates a stream's record, or creates it anew after Redis lost it: then `last` is where the producer will begin to
 * append again, and `goal` is what viewers have seen of it already.
 *
 * KEYS meta · ARGV version, record, token, inbox, first, last, goal, leaseMs, ttlMs
 */
export const CREATE = script(`${NOW}
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'record', ARGV[2], 'token', ARGV[3], 'inbox', ARGV[4],
  'first', ARGV[5], 'last', ARGV[6], 'goal', ARGV[7], 'lease', now + ARGV[8])
redis.call('PEXPIRE', KEYS[1], ARGV[9])
return 1
`)

/**
 * The one way that events get into a stream: all of them, directly after the last one, from the producer that holds
 * the token, before the end; or none. Redis alone would refuse only ids that are too small.
 *
 * Answers with what the stream is like now, and with its cancel, whatever became of the events.
 *
 * KEYS meta, log, viewers · ARGV token, first, text (events by newline), isEnd, leaseMs, ttlMs ('' where it was set
 * not long ago), endedTtlMs, channel, publish, sentAt
 */
export const APPEND = script(`${NOW}
local meta = redis.call('HMGET', KEYS[1], 'token', 'last', 'ended', 'cancel', 'first')
if not meta[1] then return {'gone'} end
local last = tonumber(meta[2])
if meta[1] ~= ARGV[1] then return {'fenced', last, ''} end
if meta[3] then return {'ended', last, ''} end
local id = tonumber(ARGV[2])
if id ~= last + 1 then return {'order', last, meta[4] or ''} end
for event in string.gmatch(ARGV[3], '[^\\n]+') do
  redis.call('XADD', KEYS[2], string.format('%d-0', id), '1', event)
  id = id + 1
end
local ttl = ARGV[6]
if ARGV[4] == '1' then
  ttl = ARGV[7]
  redis.call('HSET', KEYS[1], 'last', id - 1, 'ended', 1)
else
  redis.call('HSET', KEYS[1], 'last', id - 1, 'lease', now + ARGV[5])
end
local viewers = -1
if ttl ~= '' then
  redis.call('PEXPIRE', KEYS[1], ttl)
  redis.call('PEXPIRE', KEYS[2], ttl)
  viewers = redis.call('ZCOUNT', KEYS[3], now, '+inf')
end
redis.call(ARGV[9], ARGV[8], '1 ' .. ARGV[2] .. ' ' .. ARGV[4] .. ' ' .. meta[5] .. ' ' .. ARGV[10] .. '\\n' .. ARGV[3])
return {'ok', id - 1, meta[4] or '', viewers}
`)

/**
 * Renews a lease where nothing was appended for a while, and says how far the stream is.
 *
 * KEYS meta, log, viewers · ARGV token, leaseMs, ttlMs
 */
export const RENEW = script(`${NOW}
local meta = redis.call('HMGET', KEYS[1], 'token', 'last', 'ended', 'cancel')
if not meta[1] then return {'gone'} end
if meta[1] ~= ARGV[1] then return {'fenced', tonumber(meta[2]), ''} end
if meta[3] then return {'ended', tonumber(meta[2]), ''} end
redis.call('HSET', KEYS[1], 'lease', now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {'ok', tonumber(meta[2]), meta[4] or '', redis.call('ZCOUNT', KEYS[3], now, '+inf')}
`)

/** Frees the events before `first`. KEYS meta, log · ARGV token, first */
export const TRIM = script(`
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'first', ARGV[2])
return redis.call('XTRIM', KEYS[2], 'MINID', '=', ARGV[2] .. '-0')
`)

/**
 * Sets the cancel and tells the producer, in one step: that the message is lost only delays it until the next append
 * or renewal reads the field. KEYS meta · ARGV streamId, reason
 */
export const CANCEL = script(`
local meta = redis.call('HMGET', KEYS[1], 'inbox', 'ended')
if not meta[1] or meta[2] then return 0 end
redis.call('HSETNX', KEYS[1], 'cancel', ARGV[2])
redis.call('PUBLISH', meta[1], 'cancel ' .. ARGV[1] .. ' ' .. ARGV[2])
return 1
`)

/**
 * Ends a stream whose lease is over, on behalf of a producer that is gone, and takes its token away. Answers with
 * what is left of the lease where it was renewed, with -1 where the stream needs nobody, with 0 where this ended it.
 *
 * KEYS meta, log · ARGV token, event before its chunk_id, event after it, endedTtlMs, channel, publish
 */
export const REAP = script(`${NOW}
local meta = redis.call('HMGET', KEYS[1], 'lease', 'last', 'ended', 'first', 'goal')
if not meta[1] or meta[3] then return -1 end
local left = tonumber(meta[1]) - now
if left > 0 then return left end
local id = string.format('%d', meta[2] + 1)
local event = ARGV[2] .. id .. ARGV[3]
redis.call('XADD', KEYS[2], id .. '-0', '1', event)
redis.call('HSET', KEYS[1], 'last', id, 'ended', 1, 'token', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
redis.call(ARGV[6], ARGV[5], '1 ' .. id .. ' 1 ' .. meta[4] .. ' 0\\n' .. event)
return 0
`)

/** Forgets a stream that has ended. Answers with its record, or nil. KEYS meta, log, viewers · ARGV channel, publish */
export const FORGET = script(`
local meta = redis.call('HMGET', KEYS[1], 'record', 'ended')
if not meta[2] then return false end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call(ARGV[2], ARGV[1], '0')
return meta[1]
`)

/** Takes back a stream that nobody has seen: its key belonged to another. KEYS meta, log · ARGV token */
export const WITHDRAW = script(`
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then redis.call('DEL', KEYS[1], KEYS[2]) end
return 1
`)
