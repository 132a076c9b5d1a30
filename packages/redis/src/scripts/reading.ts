import { NOW, script } from './script.ts'

/** Reads the state of a stream. KEYS meta */
export const STATE = script(`${NOW}
local meta = redis.call('HMGET', KEYS[1], 'v', 'record', 'first', 'last', 'ended', 'goal', 'lease')
if not meta[1] then return false end
return {meta[1], meta[2], meta[3], meta[4], meta[5] or '0', meta[6] or '0', tonumber(meta[7]) - now}
`)

/**
 * A page of events: at least one, else as many as fit; and reading keeps the stream. It ends before an entry whose id is
 * not the next one: if Redis has lost the events before it, they are missing, and nothing takes their place.
 *
 * KEYS meta, log · ARGV from, through, maxBytes, ttlMs, endedTtlMs
 */
export const PAGE = script(`
local meta = redis.call('HMGET', KEYS[1], 'first', 'last', 'ended')
if not meta[1] then return false end
local ttl = meta[3] and ARGV[5] or ARGV[4]
redis.call('PEXPIRE', KEYS[1], ttl)
redis.call('PEXPIRE', KEYS[2], ttl)
local page, bytes, from, id = {tonumber(meta[1])}, 0, ARGV[1] .. '-0', tonumber(ARGV[1])
while true do
  local entries = redis.call('XRANGE', KEYS[2], from, ARGV[2], 'COUNT', 64)
  for _, entry in ipairs(entries) do
    if entry[1] ~= string.format('%d-0', id) then return page end
    id = id + 1
    local event = entry[2][2]
    bytes = bytes + #event
    if #page > 1 and bytes > tonumber(ARGV[3]) then return page end
    page[#page + 1] = event
    from = '(' .. entry[1]
  end
  if #entries < 64 then return page end
end
`)

/**
 * Reports how many viewers this instance has, and the cursor of the first, and has the producer look if it waits
 * for them. KEYS meta, viewers · ARGV instanceId, forMs, size, furthest, message for the producer ('': none)
 */
export const WATCH = script(`${NOW}
redis.call('HSET', KEYS[2], ARGV[1], string.format('%d %d %d', now + ARGV[2], ARGV[3], ARGV[4]))
redis.call('PEXPIRE', KEYS[2], ARGV[2] * 4)
local inbox = ARGV[5] ~= '' and redis.call('HGET', KEYS[1], 'inbox')
if inbox then redis.call('PUBLISH', inbox, ARGV[5]) end
return 1
`)

/**
 * Reads the facts of a stream whose producer may be gone: its record, the time its lease had left when it was looked
 * for, whether it was cancelled, and its plan. KEYS meta · ARGV lookedAt
 */
export const ORPHAN = script(`
local meta = redis.call('HMGET', KEYS[1], 'record', 'lease', 'cancel', 'input', 'restarts', 'maxRestarts')
if not meta[1] then return false end
return {meta[1], tonumber(meta[2]) - ARGV[1], meta[3] and 1 or 0, meta[4] or '', meta[5] or '0', meta[6] or '0'}
`)
