import { hydrateRoot } from 'react-dom/client'
import { App, arrive, seen } from './react-chat.tsx'

const recovered: string[] = []
const frames = { count: 0 }
const count = () => {
  frames.count += 1
  requestAnimationFrame(count)
}
requestAnimationFrame(count)
Object.assign(globalThis, { page: { seen, arrive, recovered, frames } })
hydrateRoot(document.getElementById('app')!, <App />, {
  onRecoverableError: (error) => recovered.push(String(error)),
})
