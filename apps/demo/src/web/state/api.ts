import type {
  Conversation,
  ConversationChange,
  ConversationList,
  Cut,
  CutResult,
  GuestEntry,
  Lab,
  LabChange,
  Me,
  Measurements,
  NewTurn,
  Share,
} from '../../shared/api.ts'
import { request } from './request.ts'

const conversationPath = (id: string) => `/api/conversations/${id}`
const turnPath = (id: string, turnId: string) => `${conversationPath(id)}/turns/${turnId}`

/** The demo's server, beside the streams: one function for each row of the table in `shared/api.ts`. */
export const api = {
  me: () => request<Me>('GET', '/api/me'),

  list: () => request<ConversationList>('GET', '/api/conversations'),
  /** `undefined` if it still is as `revision` has it. */
  read: (id: string, revision?: number) =>
    request<Conversation | undefined>(
      'GET',
      conversationPath(id),
      undefined,
      revision === undefined ? {} : { 'if-none-match': `"${revision}"` },
    ),
  rename: (id: string, change: ConversationChange) =>
    request<Conversation>('PATCH', conversationPath(id), change),
  remove: (id: string) => request<undefined>('DELETE', conversationPath(id)),
  putTurn: (id: string, turnId: string, turn: NewTurn) =>
    request<Conversation>('PUT', turnPath(id, turnId), turn),

  share: (id: string) => request<Share>('POST', `${conversationPath(id)}/share`),
  unshare: (id: string) => request<undefined>('DELETE', `${conversationPath(id)}/share`),
  enter: (entry: GuestEntry) => request<Conversation>('POST', '/api/guest', entry),

  lab: () => request<Lab>('GET', '/api/lab'),
  changeLab: (change: LabChange) => request<Lab>('PATCH', '/api/lab', change),
  resetLab: () => request<Lab>('DELETE', '/api/lab'),
  cut: (cut: Cut) => request<CutResult>('POST', '/api/lab/cut', cut),
  kill: () => request<undefined>('POST', '/api/lab/kill'),
  measurements: () => request<Measurements>('GET', '/api/lab/measurements'),
}
