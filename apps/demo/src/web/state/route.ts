import { external } from './external.ts'

/** The view that the address names. */
export type Route =
  | { readonly kind: 'new' }
  | { readonly kind: 'conversation'; readonly id: string }
  /** The token of a link is behind `#`: what follows that reaches no server's log. */
  | { readonly kind: 'shared'; readonly token: string }

export const route = external<Route>(read())

addEventListener('popstate', () => route.set(read()))
addEventListener('hashchange', () => route.set(read()))

/** Shows a conversation, or a new one (`null`). Back leads here again. */
export function goTo(id: string | null): void {
  history.pushState(null, '', addressOf(id))
  route.set(read())
}

export const addressOf = (id: string | null): string => (id === null ? '/' : `/c/${id}`)

function read(): Route {
  const [, place, id] = location.pathname.split('/')
  if (place === 'c' && id) return { kind: 'conversation', id }
  if (place === 'shared') return { kind: 'shared', token: location.hash.slice(1) }
  return { kind: 'new' }
}
