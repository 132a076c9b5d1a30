import { createApp, defineComponent, h } from 'vue'
import { useConversation } from '../../src/vue/index.ts'
import { client } from './client.ts'

const Chat = defineComponent({
  setup() {
    // biome-ignore lint/correctness/useHookAtTopLevel: it is Vue's, whose composables are called in `setup`.
    const { messages, send, status } = useConversation(client, 'chat', { id: 'trip' })
    return () => [
      h('button', { onClick: () => send('Where do I begin?') }, 'Send'),
      h('output', status.value),
      ...messages.value.map(({ id, role, text }) => h('p', { key: id, 'data-role': role }, text)),
    ]
  },
})

createApp(Chat).mount('#app')
