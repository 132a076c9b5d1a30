import { NOW, script } from './script.ts'

/** Counts the viewers that other instances say they have, and finds the first of them; what is out of date goes. */
const ELSEWHERE = `
local function elsewhere(key)
  local count, furthest = 0, 0
  local said = redis.call('HGETALL', key)
  for index = 1, #said, 2 do
    local until_, size, first = string.match(said[index + 1], '^(%d+) (%d+) (%d+)$')
    if tonumber(until_) > now then
      count = count + size
      furthest = math.max(furthest, tonumber(first))
    else
      redis.call('HDEL', key, said[index])
    end
  end
  return count, furthest
end
`

/**
 * Creates a stream's record, or creates it anew after Redis lost it: then `last` is the chunk_id after which the
 * producer will append again, and `goal` is the last chunk_id that viewers have seen.
 *
 * A log that has survived its record is deleted: the producer writes it again, and its ids would be in the way.
 *
 * KEYS meta, log · ARGV version, record, token, inbox, first, last, goal, leaseMs, ttlMs, then what a producer that follows
 * this one needs: field, value …
 */
export const CREATE = script(`${NOW}
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'record', ARGV[2], 'token', ARGV[3], 'inbox', ARGV[4],
  'first', ARGV[5], 'last', ARGV[6], 'goal', ARGV[7], 'lease', now + ARGV[8], unpack(ARGV, 10))
redis.call('PEXPIRE', KEYS[1], ARGV[9])
return 1
`)

/**
 * The one way that events get into a stream: all of them, directly after the last one, from the producer that holds
 * the token, before the end; or none. Redis alone would refuse only ids that are too small. Many streams may be
 * appended to at once, if they are on one server; each for itself.
 *
 * Answers, stream by stream, with its state and its cancel, whether or not the events were appended. The usual answer
 * is short: a number, the last chunk_id.
 *
 * KEYS meta, log …, then the viewers of each that refreshes · ARGV leaseMs, endedTtlMs, publish, sentAt, ttlMs, then for
 * each stream: token, first, what beside ('', 'end', or 'refresh': the times to live), text (events by newline)
 */
export const APPEND = script(`${NOW}${ELSEWHERE}
local lease, endedTtl, publish, sentAt, ttl = now + ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local count = (#ARGV - 5) / 4
local watched = count * 2
local function append(stream)
  local key, arg = stream * 2 - 1, stream * 4 + 2
  local metaKey, log, also, text = KEYS[key], KEYS[key + 1], ARGV[arg + 2], ARGV[arg + 3]
  if also == 'refresh' then watched = watched + 1 end
  local meta = redis.call('HMGET', metaKey, 'token', 'last', 'ended', 'cancel', 'first')
  if not meta[1] then return {'gone'} end
  local last = tonumber(meta[2])
  if meta[1] ~= ARGV[arg] then return {'fenced', last, ''} end
  if meta[3] then return {'ended', last, ''} end
  local id = tonumber(ARGV[arg + 1])
  if id ~= last + 1 then return {'order', last, meta[4] or ''} end
  for event in string.gmatch(text, '[^\\n]+') do
    redis.call('XADD', log, string.format('%d-0', id), '1', event)
    id = id + 1
  end
  if also == 'end' then
    redis.call('HSET', metaKey, 'last', id - 1, 'ended', 1)
    redis.call('PEXPIRE', metaKey, endedTtl)
    redis.call('PEXPIRE', log, endedTtl)
  else
    redis.call('HSET', metaKey, 'last', id - 1, 'lease', lease)
  end
  redis.call(publish, string.sub(metaKey, 1, -5) .. 'events', '1 ' .. ARGV[arg + 1] ..
    (also == 'end' and ' 1 ' or ' 0 ') .. meta[5] .. ' ' .. sentAt .. '\\n' .. text)
  if also == 'refresh' then
    redis.call('PEXPIRE', metaKey, ttl)
    redis.call('PEXPIRE', log, ttl)
    return {'ok', id - 1, meta[4] or '', elsewhere(KEYS[watched])}
  end
  if meta[4] then return {'ok', id - 1, meta[4]} end
  return id - 1
end
local replies = {}
for stream = 1, count do
  local isDone, reply = pcall(append, stream)
  replies[stream] = isDone and reply or {'failed'}
end
return replies
`)

/**
 * Renews a lease if nothing was appended for a while, and returns the last chunk_id of the stream.
 *
 * KEYS meta, log, viewers · ARGV token, leaseMs, ttlMs
 */
export const RENEW = script(`${NOW}${ELSEWHERE}
local meta = redis.call('HMGET', KEYS[1], 'token', 'last', 'ended', 'cancel')
if not meta[1] then return {'gone'} end
if meta[1] ~= ARGV[1] then return {'fenced', tonumber(meta[2]), ''} end
if meta[3] then return {'ended', tonumber(meta[2]), ''} end
redis.call('HSET', KEYS[1], 'lease', now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {'ok', tonumber(meta[2]), meta[4] or '', elsewhere(KEYS[3])}
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
local meta = redis.call('HMGET', KEYS[1], 'inbox', 'ended', 'successor')
if meta[2] then return meta[3] or 0 end
if not meta[1] then return 0 end
redis.call('HSETNX', KEYS[1], 'cancel', ARGV[2])
redis.call('PUBLISH', meta[1], 'cancel ' .. ARGV[1] .. ' ' .. ARGV[2])
return 1
`)

/** Keeps a word for the producer that may have to follow. KEYS meta · ARGV token, checkpoint */
export const CHECKPOINT = script(`
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
return redis.call('HSET', KEYS[1], 'checkpoint', ARGV[2])
`)

const END_ORPHAN = `
local function endOrphan(last, first, start, before, after, ttl, channel, publish)
  local from = string.format('%d', last + 1)
  local said = ''
  if from == '1' then
    redis.call('XADD', KEYS[2], '1-0', '1', start)
    said = start .. '\\n'
    last = 1
  end
  local id = string.format('%d', last + 1)
  local event = before .. id .. after
  redis.call('XADD', KEYS[2], id .. '-0', '1', event)
  redis.call('HSET', KEYS[1], 'last', id, 'ended', 1)
  redis.call('PEXPIRE', KEYS[1], ttl)
  redis.call('PEXPIRE', KEYS[2], ttl)
  redis.call(publish, channel, '1 ' .. from .. ' 1 ' .. first .. ' 0\\n' .. said .. event)
end
`

/**
 * Ends a stream whose lease was over when it was looked for, on behalf of a producer that is gone, and takes its token
 * away. Answers with the rest of the lease if it was renewed, with -1 if the stream needs nobody, with 0 if
 * this ended it. If Redis has stood still since that look, nobody could renew: a lease that is over now says nothing.
 *
 * KEYS meta, log · ARGV lookedAt, token, first event, last event before its chunk_id, and after it, endedTtlMs, channel,
 * publish
 */
export const REAP = script(`${END_ORPHAN}
local meta = redis.call('HMGET', KEYS[1], 'lease', 'last', 'ended', 'first')
if not meta[1] or meta[3] then return -1 end
local left = tonumber(meta[1]) - ARGV[1]
if left > 0 then return left end
redis.call('HSET', KEYS[1], 'token', ARGV[2])
endOrphan(meta[2], meta[4], unpack(ARGV, 3))
return 0
`)

/**
 * Takes a stream whose lease was over when it was looked for, to begin it anew: exactly one instance gets it, and for a
 * lease, so that another continues if this one dies as well. The id of the stream in its place is chosen once. Answers
 * like REAP, or with that id and the checkpoint. KEYS meta · ARGV lookedAt, token, streamId, leaseMs
 */
export const TAKE = script(`${NOW}
local meta = redis.call('HMGET', KEYS[1], 'lease', 'ended', 'successor', 'checkpoint')
if not meta[1] or meta[2] then return -1 end
local left = tonumber(meta[1]) - ARGV[1]
if left > 0 then return left end
local successor = meta[3] or ARGV[3]
redis.call('HSET', KEYS[1], 'token', ARGV[2], 'successor', successor, 'lease', now + ARGV[4])
return {successor, meta[4] or ''}
`)

/**
 * Ends a stream that was taken, once there is another in its place. Answers with its cancel, for that one.
 *
 * KEYS meta, log · ARGV token, first event, last event before its chunk_id, and after it, endedTtlMs, channel, publish
 */
export const RELIEVE = script(`${END_ORPHAN}
local meta = redis.call('HMGET', KEYS[1], 'token', 'last', 'ended', 'first', 'cancel')
if meta[1] ~= ARGV[1] or meta[3] then return '' end
endOrphan(meta[2], meta[4], unpack(ARGV, 2))
return meta[5] or ''
`)

/**
 * Forgets a stream that has ended. Answers with its record, with 1 if it was cancelled and will end, or with nil.
 * KEYS meta, log, viewers · ARGV channel, publish
 */
export const FORGET = script(`
local meta = redis.call('HMGET', KEYS[1], 'record', 'ended', 'cancel')
if not meta[2] then return meta[3] and 1 or false end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call(ARGV[2], ARGV[1], '0')
return meta[1]
`)

/** Takes back a stream that nobody has seen: its key belonged to another. KEYS meta, log · ARGV token */
export const WITHDRAW = script(`
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then redis.call('DEL', KEYS[1], KEYS[2]) end
return 1
`)
