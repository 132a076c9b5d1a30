import { expect, test } from 'vitest'
import { freePort } from './port.ts'
import { RedisServer } from './redis.ts'

test('a Redis answers, and after it was killed starts again at its port, with nothing of what it had', async () => {
  const redis = await RedisServer.start({ settings: ['--maxmemory', '64mb'] })
  expect(await redis.command('CONFIG', 'GET', 'maxmemory')).toMatchObject({
    maxmemory: `${64 * 1024 * 1024}`,
  })
  await redis.command('SET', 'key', 'value')
  expect(await redis.command('GET', 'key')).toBe('value')
  await redis.kill()
  await expect(fetch(redis.url.replace('redis', 'http'))).rejects.toThrow('fetch failed')
  await redis.start()
  expect(await redis.command('GET', 'key')).toBeNull()
  await redis.kill()
})

test('one that is frozen answers when it thaws', async () => {
  const redis = await RedisServer.start()
  redis.freeze()
  let hasAnswered = false
  const answer = redis.command('PING').finally(() => {
    hasAnswered = true
  })
  // A client of another one gets its answer meanwhile.
  const other = await RedisServer.start()
  await other.command('PING')
  expect(hasAnswered).toBe(false)
  redis.thaw()
  expect(await answer).toBe('PONG')
  await Promise.all([redis.kill(), other.kill()])
})

test('settings that it does not take are an error, and not waited for', async () => {
  const started = RedisServer.startWith(await freePort(), ['--no-such-setting', 'yes'])
  await expect(started).rejects.toThrow('redis-server ended right away, with exit code 1.')
})

test('one that has ended by itself need not be killed', async () => {
  const redis = await RedisServer.start()
  await expect(redis.command('SHUTDOWN', 'NOSAVE')).rejects.toThrow()
  await redis.kill()
})
