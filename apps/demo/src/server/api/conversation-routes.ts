import type { Hub } from '@sluice/core/server'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  type Conversation,
  type ConversationList,
  conversationChange,
  guestEntry,
  id,
  newTurn,
  type Share,
} from '../../shared/api.ts'
import { ownConversation, readableConversation } from '../access.ts'
import { settle } from '../chat/settlement.ts'
import { sharedPath, shownConversation, shownSummary } from '../chat/shown.ts'
import { noSuchConversation } from '../store/conversations.ts'
import type { Store } from '../store/store.ts'
import { knownVisitor } from '../visitors.ts'
import { checked } from './errors.ts'

const conversationParams = z.object({ id })
const turnParams = conversationParams.extend({ turnId: id })

/** The parts that the routes use. */
export interface ConversationRoutesOptions {
  readonly hub: Hub
  readonly store: Store
}

/** Conversations, their questions, and who else may read them. */
export async function conversationRoutes(
  app: FastifyInstance,
  { hub, store }: ConversationRoutesOptions,
): Promise<void> {
  const { conversations, answers, shares, lab } = store

  app.get('/conversations', async (request): Promise<ConversationList> => {
    const visitor = knownVisitor(request)
    await settle(answers, hub, visitor)
    return { conversations: conversations.list(visitor).map(shownSummary) }
  })

  app.get('/conversations/:id', async (request, reply) => {
    const visitor = knownVisitor(request)
    const conversationId = conversationOf(request)
    // A visitor without access learns nothing, not even from the duration.
    const { conversation } = readableConversation(store, visitor, conversationId)
    await settle(answers, hub, conversation.owner)
    const shown = shownConversation(store, readableConversation(store, visitor, conversationId))
    const tag = `"${shown.revision}"`
    reply.header('etag', tag).header('cache-control', 'private, no-cache')
    return request.headers['if-none-match'] === tag ? reply.code(304).send() : shown
  })

  app.patch('/conversations/:id', async (request) => {
    const visitor = knownVisitor(request)
    const conversationId = conversationOf(request)
    ownConversation(store, visitor, conversationId)
    conversations.rename(conversationId, checked(conversationChange, request.body).title)
    return shownTo(visitor, conversationId)
  })

  app.delete('/conversations/:id', async (request, reply) => {
    const visitor = knownVisitor(request)
    const conversationId = conversationOf(request)
    ownConversation(store, visitor, conversationId)
    const running = answers.running(conversationId)
    letGuestsGo(conversationId)
    conversations.remove(conversationId)
    await stopAll(visitor, running)
    return reply.code(204).send()
  })

  app.put('/conversations/:id/turns/:turnId', async (request) => {
    const visitor = knownVisitor(request)
    const params = checked(turnParams, request.params)
    conversations.putTurn(visitor, params.id, params.turnId, checked(newTurn, request.body))
    return shownTo(visitor, params.id)
  })

  app.post('/conversations/:id/share', async (request, reply): Promise<Share> => {
    const conversationId = conversationOf(request)
    ownConversation(store, knownVisitor(request), conversationId)
    const { token, isNew } = shares.share(conversationId)
    if (isNew) conversations.touch(conversationId)
    reply.code(isNew ? 201 : 200)
    return { token, path: sharedPath(token) }
  })

  app.delete('/conversations/:id/share', async (request, reply) => {
    const conversationId = conversationOf(request)
    ownConversation(store, knownVisitor(request), conversationId)
    letGuestsGo(conversationId)
    conversations.touch(conversationId)
    return reply.code(204).send()
  })

  app.post('/guest', async (request) => {
    const visitor = knownVisitor(request)
    const conversationId = shares.enter(checked(guestEntry, request.body).token, visitor)
    if (conversationId === undefined) throw noSuchConversation()
    return shownTo(visitor, conversationId)
  })

  function shownTo(visitor: string, conversationId: string): Conversation {
    return shownConversation(store, readableConversation(store, visitor, conversationId))
  }

  /** A stream is read for as long as it runs: who may no longer has to be cut off, and will not get in again. */
  function letGuestsGo(conversationId: string): void {
    for (const guest of shares.revoke(conversationId)) lab.cut(guest, null)
  }

  async function stopAll(owner: string, streamIds: readonly string[]): Promise<void> {
    await Promise.all(
      streamIds.map(async (streamId) => {
        // One that the log has forgotten has been stopped in its way.
        await hub.cancel({ streamId, owner, reason: 'replaced' }).catch(() => {})
      }),
    )
  }
}

function conversationOf(request: FastifyRequest): string {
  return checked(conversationParams, request.params).id
}
