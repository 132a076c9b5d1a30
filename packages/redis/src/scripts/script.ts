import { createHash } from 'node:crypto'

/** A Lua script, with the name by which Redis knows it. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

export function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/** The first lines of several scripts: milliseconds on the clock of Redis, the one clock that all instances share. */
export const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`
