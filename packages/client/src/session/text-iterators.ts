import type { Snapshot } from '../snapshot.ts'
import type { Delta } from './stream-session.ts'

/** The store of a session, as a view reads it. */
export interface Observable {
  readonly snapshot: Snapshot
  readonly subscribe: (listener: () => void) => () => void
  /** Collectors, to each of which the text of every event is appended as it comes. */
  readonly collectors: Set<TextCollector>
}

/** The text that has come since its owner last took it. */
export interface TextCollector {
  text: string
}

/** The text, whenever it has changed. Late consumers miss steps, never the last one. */
export async function* textOf(session: Observable): AsyncGenerator<string, void, undefined> {
  let given = ''
  for await (const { text } of changesOf(session)) {
    if (text !== given) {
      given = text
      yield text
    }
  }
}

/**
 * The changes of a text that began empty. Collected from the events: a slice of the whole text would copy the whole
 * text for each delta, because strings that grow are flattened when they are cut.
 */
export async function* deltasOf(session: Observable): AsyncGenerator<Delta, void, undefined> {
  let given = ''
  let known = 0
  const tail = { text: session.snapshot.text }
  session.collectors.add(tail)
  try {
    for await (const _ of changesOf(session)) {
      const { text, revision } = session.snapshot
      // Only if it may have been cut, the texts themselves must be compared.
      const isContinued = revision === known || text.startsWith(given)
      const append = revision === known ? tail.text : text.slice(given.length)
      given = text
      known = revision
      tail.text = ''
      if (!isContinued) yield { reset: text }
      else if (append !== '') yield { append }
    }
  } finally {
    session.collectors.delete(tail)
  }
}

async function* changesOf(session: Observable): AsyncGenerator<Snapshot, void, undefined> {
  let wake = () => {}
  const unsubscribe = session.subscribe(() => wake())
  try {
    let seen: Snapshot | undefined
    while (true) {
      const { snapshot } = session
      if (snapshot !== seen) {
        seen = snapshot
        yield snapshot
      } else if (!snapshot.ended) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      } else if (snapshot.error !== null) throw snapshot.error
      else return
    }
  } finally {
    unsubscribe()
  }
}
