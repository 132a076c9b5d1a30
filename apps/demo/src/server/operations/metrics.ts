import type { HistogramSnapshot, Hub, HubMetrics } from '@sluice/core/server'
import type { RedisLogMetrics } from '@sluice/redis'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Options of {@link metrics}. */
export interface MetricsOptions {
  readonly hub: Hub
  /** Of the log, if it is on Redis. */
  readonly redis: (() => RedisLogMetrics) | undefined
}

type Numbers = Readonly<Record<string, number>>

/** `GET /metrics`: the process's, the hub's and the log's, in Prometheus's text format. */
export const metrics = fp<MetricsOptions>(
  async (app: FastifyInstance, { hub, redis }) => {
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    addHubMetrics(registry, () => hub.metrics())
    if (redis !== undefined) addRedisMetrics(registry, redis)
    app.addHook('onClose', async () => registry.clear())
    app.get('/metrics', async (_request, reply) => {
      return reply
        .header('cache-control', 'no-store')
        .type(registry.contentType)
        .send(await registry.metrics())
    })
  },
  { name: 'metrics' },
)

function addHubMetrics(registry: Registry, read: () => HubMetrics): void {
  const to = writer(registry)
  to.count('sluice_streams_started_total', 'Streams that were started.', () => read().streams.started)
  to.countBy('sluice_streams_ended_total', 'Streams that ended, by outcome.', 'outcome', () => {
    const { completed, failed, cancelled } = read().streams
    return { completed, failed, cancelled }
  })
  to.gauge('sluice_streams', 'Streams that run.', () => read().streams.active)
  to.count('sluice_viewers_attached_total', 'Viewers that came, those who came back included.', () => {
    return read().viewers.attached
  })
  to.countBy('sluice_viewers_detached_total', 'Viewers that were disconnected, by reason.', 'reason', () => {
    return read().viewers.detached as Numbers
  })
  to.gauge('sluice_viewers', 'Viewers that watch.', () => read().viewers.active)
  to.count('sluice_chunks_total', 'Events with a piece of an answer.', () => read().chunks)
  to.count('sluice_chunk_bytes_total', 'Their bytes of JSON.', () => read().bytes)
  to.countBy('sluice_errors_total', 'Streams that ended with an error, by its type.', 'type', () => {
    return read().errors as Numbers
  })
  to.count('sluice_retries_total', 'Attempts at the provider that were repeated.', () => read().retries)
  to.count('sluice_pauses_total', 'Times that a run waited for its viewers.', () => read().pauses)
  to.gauge('sluice_log_bytes', 'Bytes that the log holds in this process.', () => read().logBytes)
  to.histogram('sluice_ttft_seconds', 'From admission to the first chunk.', () => read().ttftMs)
  to.histogram('sluice_between_parts_seconds', 'From one part of an answer to its next.', () => {
    return read().betweenPartsMs
  })
}

function addRedisMetrics(registry: Registry, read: () => RedisLogMetrics): void {
  const to = writer(registry)
  to.count('sluice_redis_appends_total', 'Append commands.', () => read().appends)
  to.count('sluice_redis_appended_events_total', 'Events in them.', () => read().appendedEvents)
  to.histogram('sluice_redis_append_seconds', 'From an append to the answer of Redis.', () => read().appendMs)
  to.histogram('sluice_redis_fan_out_seconds', 'From an append elsewhere to its message here.', () => {
    return read().fanOutMs
  })
  to.count('sluice_redis_refills_total', 'Messages that were missing.', () => read().refills)
  to.count(
    'sluice_redis_recoveries_total',
    'Producers that had to ask how far Redis is.',
    () => read().recoveries,
  )
  to.count('sluice_redis_restored_total', 'Streams that Redis had lost.', () => read().restored)
  to.count(
    'sluice_redis_fenced_total',
    'Runs that ended because another has their stream.',
    () => read().fenced,
  )
  to.count('sluice_redis_lease_expiries_total', 'Streams of dead producers that were ended.', () => {
    return read().leaseExpiries
  })
  to.gauge('sluice_redis_writers', 'Streams that run here.', () => read().writers)
  to.gauge('sluice_redis_tails', 'Streams that are read here and run elsewhere.', () => read().tails)
}

/** Hub and log count for themselves, from their beginning: what they say is taken over whenever somebody asks. */
function writer(register: Registry) {
  const registers = [register]
  return {
    count(name: string, help: string, read: () => number): void {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset()
          this.inc(read())
        },
      })
    },
    countBy<Label extends string>(name: string, help: string, label: Label, read: () => Numbers): void {
      new Counter({
        name,
        help,
        registers,
        labelNames: [label],
        collect() {
          this.reset()
          for (const [value, count] of Object.entries(read()))
            this.inc({ [label]: value } as Record<Label, string>, count)
        },
      })
    },
    gauge(name: string, help: string, read: () => number): void {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    },
    histogram(name: string, help: string, read: () => HistogramSnapshot): void {
      register.registerMetric(new SnapshotHistogram(name, help, read))
    },
  }
}

/**
 * A histogram that somebody else keeps, in milliseconds; Prometheus wants seconds. One of the library's own can only be
 * told of each value. It is a gauge by its class, because that prints what its `get` says, and nothing but that.
 */
class SnapshotHistogram extends Gauge<'le'> {
  readonly #name: string
  readonly #form: Histogram<'le'>
  readonly #read: () => HistogramSnapshot

  constructor(name: string, help: string, read: () => HistogramSnapshot) {
    super({ name, help, registers: [] })
    this.#name = name
    this.#form = new Histogram({ name, help, registers: [] })
    this.#read = read
  }

  override async get() {
    const { count, sum, buckets } = this.#read()
    const values = buckets.map(({ le, count: value }) => ({
      metricName: `${this.#name}_bucket`,
      labels: { le: le === Number.POSITIVE_INFINITY ? '+Inf' : le / 1000 },
      value,
    }))
    return {
      ...(await this.#form.get()),
      values: [
        ...values,
        { metricName: `${this.#name}_sum`, labels: {}, value: sum / 1000 },
        { metricName: `${this.#name}_count`, labels: {}, value: count },
      ],
    }
  }
}
