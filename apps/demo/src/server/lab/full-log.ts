import { StreamingError } from '@sluice/core'
import type { StreamLog, StreamRecord } from '@sluice/core/server'

/**
 * A log that has no room for one visitor's new streams while others find some: to fill a real one would refuse
 * everybody. It refuses at the same place as a full log, so everything else behaves the same: repeats of earlier starts,
 * resumes and Stop are served.
 */
export function fullFor<Log extends StreamLog>(log: Log, isFullFor: (owner: string) => boolean): Log {
  return new Proxy(log, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      const method = value.bind(target)
      if (name !== 'create') return method
      return (record: StreamRecord, ...rest: unknown[]) => {
        if (record.owner === undefined || !isFullFor(record.owner)) return method(record, ...rest)
        throw new StreamingError('capacity', undefined, { retryAfterMs: 1000 })
      }
    },
  })
}
