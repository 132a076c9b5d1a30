import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './page/app.tsx'
import { storeTexts } from './state/kept-texts.ts'
import './state/theme.ts'

// The last moment of a page that a phone is sure to tell of is when it is hidden.
addEventListener('pagehide', storeTexts)
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') storeTexts()
})

const root = document.getElementById('root')
if (root === null) throw new Error('The page has no #root.')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
