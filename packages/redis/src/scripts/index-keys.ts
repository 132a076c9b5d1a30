import { NOW, script } from './script.ts'

/**
 * Gives a key to a stream, unless it has one that is still there, or was cancelled. Answers with the value that the
 * key has now. KEYS key · ARGV value, ttlMs, value that may be replaced
 */
export const CLAIM = script(`
local value = redis.call('GET', KEYS[1])
if value and value ~= ARGV[3] then return value end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
`)

/** Lets go of a key, if it still is this stream's. KEYS key · ARGV value */
export const RELEASE = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)

/** Notes until when leases last, on the clock of Redis. KEYS leases · ARGV leaseMs, streamId … */
export const NOTE_LEASES = script(`${NOW}
local until_ = now + ARGV[1]
for index = 2, #ARGV do redis.call('ZADD', KEYS[1], until_, ARGV[index]) end
return now
`)

/** The time, and the streams whose lease was not renewed by then, the oldest first. KEYS leases · ARGV count */
export const DUE_LEASES = script(`${NOW}
return {now, unpack(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1]))}
`)

/**
 * Adds a stream to a collection, for which it is the newest, and keeps the collection for a time. Once there are many, it
 * answers with some of its members, and when each was created. KEYS collection · ARGV streamId, createdAt, ttlMs, many, some
 */
export const ADD_TO_COLLECTION = script(`
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[4]) then return {} end
return redis.call('ZRANDMEMBER', KEYS[1], ARGV[5], 'WITHSCORES')
`)

/** On the clock of Redis, so fine that what comes later has a higher number: a sorted set orders equal ones by name. */
const MICROSECONDS = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
`

/**
 * Adds a stream that has ended to the account of its owner. Answers with the streams that have to go so that the account
 * keeps the bound, the oldest first; never the one that is added. If one of the keys was lost, the account begins anew.
 * KEYS ended, sizes · ARGV streamId, bytes, maxBytes, ttlMs
 */
export const ADD_ENDED = script(`${MICROSECONDS}
if redis.call('ZADD', KEYS[1], 'NX', now, ARGV[1]) == 0 then return {} end
if redis.call('ZCARD', KEYS[1]) == 1 then redis.call('DEL', KEYS[2]) end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
local total = redis.call('HINCRBY', KEYS[2], 'total', ARGV[2])
local gone = {}
while total > tonumber(ARGV[3]) do
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
  if oldest == ARGV[1] then break end
  redis.call('ZREM', KEYS[1], oldest)
  total = redis.call('HINCRBY', KEYS[2], 'total', -(redis.call('HGET', KEYS[2], oldest) or 0))
  redis.call('HDEL', KEYS[2], oldest)
  gone[#gone + 1] = oldest
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return gone
`)

/** Takes a stream out of the account of its owner. KEYS ended, sizes · ARGV streamId */
export const REMOVE_ENDED = script(`
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
if redis.call('ZCARD', KEYS[1]) == 0 then return redis.call('DEL', KEYS[2]) end
redis.call('HINCRBY', KEYS[2], 'total', -(redis.call('HGET', KEYS[2], ARGV[1]) or 0))
return redis.call('HDEL', KEYS[2], ARGV[1])
`)

/**
 * Adds the name of a cancelled key to a list. Answers with the names that are too many, the oldest, which are in the list
 * no more. KEYS list · ARGV name, max, ttlMs
 */
export const BOUND_TOMBSTONES = script(`${MICROSECONDS}
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3] * 1000)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local many = redis.call('ZCARD', KEYS[1]) - ARGV[2]
if many <= 0 then return {} end
local gone = redis.call('ZRANGE', KEYS[1], 0, many - 1)
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, many - 1)
return gone
`)
