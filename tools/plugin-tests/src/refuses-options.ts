import { createHub, memoryLog } from '@sluice/core/server'
import Fastify, { type FastifyPluginCallback } from 'fastify'
import { test } from 'tap'

/** Options that a plugin cannot work with, by what is wrong with them, and what the error says. */
export type BadOptions = Readonly<Record<string, { readonly options: object; readonly names: RegExp }>>

const hub = createHub({ streams: {}, log: memoryLog() })

/** Options of both plugins, with values that both refuse. */
const ofBoth: BadOptions = {
  'no hub': { options: {}, names: /hub has to be/ },
  'a hub that is none': { options: { hub: {} }, names: /hub has to be/ },
  'a time that is none': { options: { hub, heartbeatMs: 'often' }, names: /heartbeatMs .*often/ },
  'a time of 0': { options: { hub, stallMs: 0 }, names: /stallMs .*at least 1, and is 0/ },
  'a wait that no timer can wait': {
    options: { hub, flushMs: Number.POSITIVE_INFINITY },
    names: /flushMs .*at most .*Infinity/,
  },
  'a wait that no browser’s can': {
    options: { hub, retryMs: 2 ** 31 },
    names: /retryMs .*at most 2147483647/,
  },
  'an owner that is no function': { options: { hub, owner: 'ann' }, names: /owner has to be a function/ },
}

/** Tests that a plugin refuses options at start, in words that name them: those of both plugins, and its own. */
export function refusesOptions(plugin: FastifyPluginCallback<never>, bad: BadOptions): void {
  for (const [name, { options, names }] of Object.entries({ ...ofBoth, ...bad })) {
    test(`${name} is refused at start`, async (t) => {
      const app = Fastify()
      app.register(plugin, options as never)
      await t.rejects(async () => await app.ready(), { code: 'FST_ERR_SLUICE_OPTION', message: names })
    })
  }
}
