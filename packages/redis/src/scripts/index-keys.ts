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
