import { expect, test } from 'vitest'
import { BareStream } from '../../../test/fixtures.ts'
import { settle } from '../../testing/index.ts'
import { StreamHandle } from '../hub/handle.ts'
import { encodeEvent } from '../run/encode.ts'
import type { Wire } from './wire.ts'
import { findPlace, type PlaceOptions } from './wire-place.ts'

/** Each event is a message; `one` has blocks of text. */
const wire: Wire = {
  name: 'test',
  begin() {
    let openSince: number | undefined
    return {
      get openSince() {
        return openSince
      },
      push({ type, chunk_id }) {
        openSince = type === 'content_chunk' ? (openSince ?? chunk_id) : undefined
        return [{ data: { chunk_id } }]
      },
      around: () => (openSince === undefined ? undefined : { before: '{"text":', after: '}' }),
    }
  },
  errorBody: () => ({}),
}

const numbered: Wire = { ...wire, resumesFrom: 'start' }

function handleOf({ writer, audience }: BareStream): StreamHandle {
  return new StreamHandle(writer, undefined, (_reader, options) => audience.attach(options))
}

/** A stream of two blocks, whose events are 1 to 5, and 7 and 8. */
function twoBlocks(): BareStream {
  const stream = new BareStream()
  stream.append('a', 'b', 'c', 'd', 'e')
  stream.writer.append(encodeEvent(6, { type: 'data_chunk', name: 'd', data: 1 }))
  stream.append('f', 'g')
  return stream
}

test.each<[Wire, Omit<PlaceOptions, 'wire'>, number]>([
  [wire, {}, 0],
  [wire, { cursor: '1.0.0' }, 1],
  [wire, { cursor: '4.0.1' }, 4],
  [wire, { cursor: '6.0.1' }, 6],
  [wire, { cursor: '8.0.7' }, 8],
  [wire, { afterMessages: 0 }, 0],
  [wire, { afterMessages: 8 }, 8],
  [numbered, { cursor: '0' }, 1],
  [numbered, { cursor: '7' }, 8],
])('%# a viewer reads on from the place that its cursor names', async (of, options, after) => {
  const stream = twoBlocks()
  expect(await findPlace(handleOf(stream), { wire: of, ...options })).toMatchObject({ after, rest: '' })
  expect(stream.audience.size).toBe(0)
  expect(stream.clock.size).toBe(0)
})

test.each<[Wire, Omit<PlaceOptions, 'wire'>, string, RegExp]>([
  [wire, { cursor: '' }, 'invalid_request', /^Last-Event-ID: has to be the id/],
  [wire, { cursor: '3' }, 'invalid_request', /has to be/],
  [wire, { cursor: '3.0.0.0' }, 'invalid_request', /has to be/],
  [wire, { cursor: '-3.0.0' }, 'invalid_request', /has to be/],
  [wire, { cursor: '0.0.0' }, 'invalid_request', /has to be/],
  [wire, { cursor: '1e3.0.0' }, 'invalid_request', /has to be/],
  [wire, { cursor: '3.0.3' }, 'invalid_request', /has to be/],
  [wire, { cursor: '3.0.4' }, 'invalid_request', /has to be/],
  [wire, { cursor: '9.0.0' }, 'resume_expired', /8 events, not 9/],
  [wire, { cursor: '999999999999999.0.0' }, 'resume_expired', /8 events/],
  [wire, { cursor: '4.1.1' }, 'resume_expired', /no message with this id/],
  [wire, { cursor: '8.0.6' }, 'resume_expired', /no message with this id/],
  [wire, { cursor: '8.0.1' }, 'resume_expired', /no message with this id/],
  [
    numbered,
    { cursor: '4.0.1', cursorName: 'starting_after' },
    'invalid_request',
    /^starting_after: .*whole number/,
  ],
  [numbered, { cursor: '-1' }, 'invalid_request', /whole number/],
  [
    numbered,
    { cursor: '8', cursorName: 'starting_after' },
    'resume_expired',
    /^starting_after: .*no message/,
  ],
  [wire, { afterMessages: 9 }, 'resume_expired', /no message/],
  [wire, { afterMessages: Number.NaN, cursorName: 'startIndex' }, 'invalid_request', /^startIndex: .*NaN/],
  [wire, { afterMessages: -1 }, 'invalid_request', /whole number/],
  [wire, { afterMessages: 1.5 }, 'invalid_request', /whole number/],
])('%# a cursor that no viewer was given is refused', async (of, options, type, message) => {
  const stream = twoBlocks()
  await expect(findPlace(handleOf(stream), { wire: of, ...options })).rejects.toMatchObject({
    type,
    message: expect.stringMatching(message),
  })
  expect(stream.audience.size).toBe(0)
})

test('a log whose front was trimmed serves a block that is still there, and refuses one that is not', async () => {
  const stream = new BareStream({ maxStreamBytes: 4096, resumeMarginBytes: 0 })
  stream.fill()
  const before = stream.writer.last
  stream.writer.trim(before)
  stream.writer.append(encodeEvent(before + 1, { type: 'data_chunk', name: 'd', data: 1 }))
  stream.append('new', 'block')
  const handle = handleOf(stream)
  const block = before + 2
  const place = await findPlace(handle, { wire, cursor: `${block + 1}.0.${block}` })
  expect(place.after).toBe(block + 1)
  await expect(findPlace(handle, { wire, cursor: `${before + 1}.0.1` })).rejects.toMatchObject({
    type: 'resume_expired',
  })
  await expect(findPlace(handle, { wire: numbered, cursor: '3' })).rejects.toMatchObject({
    type: 'resume_expired',
  })
})

test('a hub that closes while the place is looked for is told as such', async () => {
  const stream = twoBlocks()
  const place = findPlace(handleOf(stream), { wire, cursor: '8.0.7' })
  stream.audience.detachAll('shutting_down')
  await expect(place).rejects.toMatchObject({ type: 'shutting_down' })
  await settle()
})

test('a wire that fails is not told as a wrong cursor', async () => {
  const stream = twoBlocks()
  const failing: Wire = {
    ...wire,
    begin: () => ({
      openSince: undefined,
      push() {
        throw new Error('mistake')
      },
    }),
  }
  await expect(findPlace(handleOf(stream), { wire: failing, cursor: '1.0.0' })).rejects.toMatchObject({
    type: 'unexpected_error',
    cause: new Error('mistake'),
  })
})
