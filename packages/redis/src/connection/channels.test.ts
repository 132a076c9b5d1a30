import { expect, test } from 'vitest'
import { Channels } from './channels.ts'

/** A connection whose answers a test gives, one after the other. */
function connection() {
  const steps: string[] = []
  const answers: (() => void)[] = []
  const listeners = new Map<string, (message: string) => void>()
  const step = (name: string): Promise<void> => {
    steps.push(name)
    return new Promise((resolve) => answers.push(resolve))
  }
  const channels = new Channels({
    subscribe: (channel, listener) => {
      listeners.set(channel, listener)
      return step(`subscribe ${channel}`)
    },
    unsubscribe: (channel) => step(`unsubscribe ${channel}`),
  })
  const answer = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve))
    answers.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { channels, steps, answer, say: (channel: string, text: string) => listeners.get(channel)?.(text) }
}

test('a channel is subscribed to once, and all listeners hear', async () => {
  const { channels, steps, answer, say } = connection()
  const heard: string[] = []
  const both = Promise.all([
    channels.listen('c', (text) => heard.push(`one ${text}`)),
    channels.listen('c', (text) => heard.push(`two ${text}`)),
  ])
  await answer()
  await both
  say('c', 'hello')
  expect(steps).toEqual(['subscribe c'])
  expect(heard).toEqual(['one hello', 'two hello'])
})

test('a listener that leaves and comes back while the answer is under way is subscribed in the end', async () => {
  const { channels, steps, answer } = connection()
  const listener = (): void => {}
  void channels.listen('c', listener)
  await answer()
  void channels.unlisten('c', listener)
  await new Promise((resolve) => setImmediate(resolve))
  const back = channels.listen('c', listener)
  await answer()
  await answer()
  await back
  expect(steps).toEqual(['subscribe c', 'unsubscribe c', 'subscribe c'])
})

test('a listener that leaves before the first answer, and comes back after it, is subscribed in the end', async () => {
  const { channels, steps, answer } = connection()
  const listener = (): void => {}
  void channels.listen('c', listener)
  await new Promise((resolve) => setImmediate(resolve))
  void channels.unlisten('c', listener)
  await answer()
  const back = channels.listen('c', listener)
  await new Promise((resolve) => setImmediate(resolve))
  expect(steps).toEqual(['subscribe c', 'unsubscribe c'])
  await answer()
  await answer()
  await back
  expect(steps).toEqual(['subscribe c', 'unsubscribe c', 'subscribe c'])
})

test('a listener that leaves and comes back at once costs nothing', async () => {
  const { channels, steps, answer } = connection()
  const listener = (): void => {}
  void channels.listen('c', listener)
  await answer()
  void channels.unlisten('c', listener)
  await channels.listen('c', listener)
  expect(steps).toEqual(['subscribe c'])
})

test('another connection is told everything again', async () => {
  const { channels, steps, answer } = connection()
  void channels.listen('c', () => {})
  await answer()
  channels.resubscribe()
  await answer()
  expect(steps).toEqual(['subscribe c', 'subscribe c'])
})

test('a channel that nobody listens to is forgotten', async () => {
  const { channels, answer } = connection()
  const listener = (): void => {}
  void channels.listen('c', listener)
  await answer()
  void channels.unlisten('c', listener)
  await answer()
  expect([...channels.names]).toEqual([])
})
