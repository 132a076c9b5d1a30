import { createClient, ws } from '@sluice/client'
import { type Streams, tokenOf } from './ws-sign-in.ts'

// #region page
const client = createClient<Streams>({
  transport: ws({
    url: '/streams/ws',
    init: async ({ unauthorized }) => ({ token: await tokenOf({ isFresh: unauthorized }) }),
  }),
})

// #endregion

export { client }
