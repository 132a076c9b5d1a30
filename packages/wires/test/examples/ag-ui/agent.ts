// #region agent
import { HttpAgent } from '@ag-ui/client'
import { resumingFetch } from '@sluice/client/fetch'

export const agent = new HttpAgent({ url: '/agent', fetch: resumingFetch() }) // the change
agent.addMessage({ id: 'm1', role: 'user', content: 'Where do I begin?' })
await agent.runAgent()
document.body.textContent = agent.messages.at(-1)?.content?.toString() ?? ''
// #endregion
