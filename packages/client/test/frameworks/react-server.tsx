import { renderToString } from 'react-dom/server'
import { App } from './react-chat.tsx'

export const html: string = renderToString(<App />)
