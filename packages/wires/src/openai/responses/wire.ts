import type { Wire } from '@sluice/core/transport'
import { errorBody } from '../errors.ts'
import { ResponseTranslator } from './translator.ts'

/**
 * OpenAI's Responses, streamed. Its cursor is `sequence_number`. It cannot take text back: an answer that begins anew becomes
 * a failed response.
 *
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
export const responses: Wire = {
  name: 'openai-responses',
  resumesFrom: 'start',
  begin: (record) => new ResponseTranslator(record),
  errorBody,
}
