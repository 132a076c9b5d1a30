import { createHub, type Hub, type StreamDefinitions } from '@sluice/core/server'
import { sqliteLog } from '@sluice/sqlite'

export function inAFile(streams: StreamDefinitions): Hub {
  // #region hub
  const hub = createHub({ streams, log: sqliteLog({ path: 'data/streams.db' }) })
  // #endregion
  return hub
}
