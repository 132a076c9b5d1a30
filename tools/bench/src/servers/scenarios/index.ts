import type { Scenario } from '../scenario.ts'
import { measureGrowth } from './growth.ts'
import { measureIdle } from './idle.ts'
import { measureSoak } from './soak.ts'
import { measureStalled } from './stalled.ts'
import { measureStorm } from './storm.ts'
import { streamOnce } from './streaming.ts'

const SSE = ['bare', 'bare-coalesced', 'fastify-sse', 'better-sse', 'ai-sdk', 'resumable-stream'] as const
const WS = ['bare-ws', 'fastify-websocket', 'socket.io'] as const
const OURS = [
  'sluice',
  'sluice-sqlite',
  'sluice-redis',
  'sluice-ws',
  'sluice-ws-sqlite',
  'sluice-ws-redis',
] as const

const burst: Scenario = {
  title: 'Burst',
  about: '50 answers of 5,000 tokens each, as fast as their readers take them.',
  contestants: [...SSE, ...WS, ...OURS, 'sluice-ui-messages'],
  main: 'cpuUs',
  rounds: 7,
  warmUps: 4,
  connections: 50,
  measure: (pair) =>
    streamOnce(pair, { connections: 50, ask: { source: 'burst', tokens: 5_000 }, perSecond: 0 }),
}

const paced: Scenario = {
  title: 'Paced',
  about: '1,000 answers at 50 tokens a second each, for 5 seconds.',
  contestants: [
    ...SSE,
    ...WS,
    ...OURS,
    'sluice-ui-messages',
    'sluice-flush50',
    'sluice-redis-linger50',
    'sluice-ws-flush50',
    'sluice-ws-redis-linger50',
  ],
  main: 'cpuUs',
  rounds: 3,
  warmUps: 2,
  connections: 1_000,
  measure: (pair) =>
    streamOnce(pair, { connections: 1_000, ask: { source: 'paced', tokens: 250 }, perSecond: 50 }),
}

const shared: Scenario = {
  ...paced,
  title: 'Paced, on ten sockets',
  about: '1,000 answers at 50 tokens a second each, for 5 seconds, 100 of them on each of ten WebSockets.',
  contestants: ['bare-ws', 'fastify-websocket', 'sluice-ws', 'sluice-ws-flush50'],
  connections: 10,
  measure: (pair) =>
    streamOnce(pair, { connections: 10, answers: 100, ask: { source: 'paced', tokens: 250 }, perSecond: 50 }),
}

const fanOut: Scenario = {
  title: 'Fan-out',
  about: '1 answer at 50 tokens a second, for 5 seconds, that 1,000 look at.',
  contestants: ['bare-room', 'better-sse-room', 'sluice', 'bare-ws-room', 'socket.io', 'sluice-ws'],
  main: 'cpuUs',
  rounds: 3,
  warmUps: 1,
  connections: 1_000,
  measure: (pair) =>
    streamOnce(pair, {
      connections: 1_000,
      isShared: true,
      ask: { source: 'paced', tokens: 250 },
      perSecond: 50,
    }),
}

const IDLE_CONNECTIONS = 10_000

const idle: Scenario = {
  title: 'Idle',
  about:
    '10,000 connections with an answer each that says nothing; CPU in the 30 seconds after the last was opened, with two heartbeats each.',
  contestants: [
    'bare',
    'fastify-sse',
    'better-sse',
    'sluice',
    'bare-ws',
    'fastify-websocket',
    'socket.io',
    'sluice-ws',
  ],
  main: 'rssKbEach',
  rounds: 2,
  warmUps: 0,
  counts: true,
  connections: IDLE_CONNECTIONS,
  measure: (pair) => measureIdle(pair, IDLE_CONNECTIONS),
}

const stalled: Scenario = {
  title: 'Stalled reader',
  about:
    'One reader takes nothing of an answer of a million tokens, while 50 others read 50 tokens a second each.',
  contestants: ['bare', 'fastify-sse', 'better-sse', 'ai-sdk', 'resumable-stream', 'bare-ws', ...OURS],
  main: 'heldMb',
  rounds: 2,
  warmUps: 0,
  counts: true,
  connections: 51,
  measure: measureStalled,
}

const storm: Scenario = {
  title: 'Resume storm',
  about:
    '1,000 clients lose their connections and come back at once, in the middle of their answers, while 100 others read on; 20 tokens a second each.',
  contestants: ['resumable-stream', ...OURS, 'sluice-ui-messages'],
  main: 'servedMs',
  rounds: 3,
  warmUps: 1,
  connections: 2_100,
  measure: measureStorm,
}

const growth: Scenario = {
  title: 'Growth',
  about: '100, 1,000 and 10,000 answers that share 20,000 tokens a second, for 5 seconds.',
  contestants: ['bare', 'sluice', 'bare-ws', 'sluice-ws'],
  main: 'growth',
  rounds: 3,
  warmUps: 1,
  connections: 10_000,
  measure: measureGrowth,
}

const soak: Scenario = {
  title: 'Soak',
  about: '200 clients that ask again as soon as they have their answer of 250 tokens, at 50 a second.',
  contestants: [...OURS],
  main: 'lastHeapMb',
  rounds: 1,
  warmUps: 0,
  isLong: true,
  connections: 200,
  measure: measureSoak,
}

/** All that servers are compared in, by the name that it has on the command line. */
export const scenarios = {
  burst,
  paced,
  shared,
  'fan-out': fanOut,
  idle,
  stalled,
  storm,
  growth,
  soak,
} as const satisfies Readonly<Record<string, Scenario>>

/** The name of a scenario. */
export type ScenarioName = keyof typeof scenarios
