import Fastify, { type FastifyPluginCallback } from 'fastify'
import { test } from 'tap'

/** Options that a plugin cannot work with, by what is wrong with them, and what the error says. */
export type BadOptions = Readonly<Record<string, { readonly options: object; readonly names: RegExp }>>

/** Tests that a plugin refuses options at start, in words that name them. */
export function refusesOptions(plugin: FastifyPluginCallback<never>, bad: BadOptions): void {
  for (const [name, { options, names }] of Object.entries(bad)) {
    test(`${name} is refused at start`, async (t) => {
      const app = Fastify()
      app.register(plugin, options as never)
      await t.rejects(async () => await app.ready(), { code: 'FST_ERR_SLUICE_OPTION', message: names })
    })
  }
}
