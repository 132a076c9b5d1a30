import { createHmac } from 'node:crypto'
import { StreamingError, type Usage } from '@sluice/core'
import type { Spending } from '../store/spending.ts'

/** How many tokens may be spent in a day (UTC), questions and answers together; `Infinity`: no limit. */
export interface BudgetLimits {
  readonly perVisitor: number
  readonly inAll: number
}

/** For whom the provider is asked. */
export interface Payer {
  readonly visitor: string
  /** The visitor's network; `undefined`: not known, since another instance began the answer. */
  readonly network: string | undefined
}

/** Options of {@link Budget}. */
export interface BudgetOptions extends BudgetLimits {
  readonly spending: Spending
  /** Makes the addresses unreadable that are stored. */
  readonly secret: string
}

/** Anybody can get another cookie, so the visitors of one network have a limit too: that of this number of visitors. */
const VISITORS_PER_NETWORK = 5
/** Taken for an answer that runs, and corrected when it has ended: many at once must not pass the limit together. */
const RESERVED_FOR_ANSWER = 1_000
/** About four bytes of English are a token, and about three of Chinese. Rather too many than too few. */
const BYTES_PER_TOKEN = 3

/** The tokens that this server may spend at its provider, and who has spent them. */
export class Budget {
  readonly #options: BudgetOptions

  constructor(options: BudgetOptions) {
    this.#options = options
  }

  /**
   * Begins to pay for one request to the provider.
   * @throws {StreamingError} `quota_exceeded` with words for the visitor, if nothing is left.
   */
  pay({ visitor, network }: Payer, question: string): Bill {
    const { spending, perVisitor, inAll, secret } = this.#options
    const limits = [
      { payer: 'all', limit: inAll, whose: 'All visitors of this server together have' },
      { payer: `visitor ${visitor}`, limit: perVisitor, whose: 'You have' },
      ...(network === undefined
        ? []
        : [
            {
              payer: `network ${createHmac('sha256', secret).update(network).digest('base64url')}`,
              limit: perVisitor * VISITORS_PER_NETWORK,
              whose: 'The visitors from your network have',
            },
          ]),
    ]
    for (const { payer, limit, whose } of limits) {
      if (spending.today(payer) >= limit) throw usedUp(whose, limit)
    }
    return new Bill(
      spending,
      limits.map(({ payer }) => payer),
      question,
    )
  }
}

/** One request to the provider: what it costs is known when it has ended. */
export class Bill {
  readonly #spending: Spending
  readonly #payers: readonly string[]
  readonly #questionTokens: number
  readonly #reserved: number
  #answerBytes = 0

  constructor(spending: Spending, payers: readonly string[], question: string) {
    this.#spending = spending
    this.#payers = payers
    this.#questionTokens = tokensOf(Buffer.byteLength(question))
    this.#reserved = this.#questionTokens + RESERVED_FOR_ANSWER
    spending.add(payers, this.#reserved)
  }

  /** A piece of the answer has come. */
  add(text: string): void {
    this.#answerBytes += Buffer.byteLength(text)
  }

  /**
   * It has ended. Without the provider's own count, because it was stopped or broke off, the bytes are counted.
   * @param usage The provider's count.
   * @param isRefused The provider has done nothing for it.
   */
  close({ usage, isRefused }: { readonly usage: Usage | undefined; readonly isRefused: boolean }): void {
    const counted = isRefused ? 0 : this.#questionTokens + tokensOf(this.#answerBytes)
    this.#spending.add(this.#payers, (usage?.total_tokens ?? counted) - this.#reserved)
  }
}

function tokensOf(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN)
}

function usedUp(whose: string, limit: number): StreamingError {
  return new StreamingError(
    'quota_exceeded',
    `${whose} used up today’s ${limit.toLocaleString('en')} tokens. There are new ones at midnight UTC.`,
  )
}
