import { defineComponent, h, onBeforeUnmount, onMounted, type PropType, shallowRef, watch } from 'vue'
import { TextFollower } from '../follow.ts'
import type { MarkdownViewOptions } from '../options.ts'
import { createMarkdownView, type MarkdownView } from '../view.ts'

/**
 * A growing Markdown text for Vue 3: `<StreamingMarkdown :text="text" :complete="done" />`. Vue renders its `div` once;
 * what is new in `text` is appended. `options` are read when it mounts. Emits `error` with what cannot be shown.
 */
export const StreamingMarkdown = defineComponent({
  name: 'StreamingMarkdown',
  props: {
    /** The whole text so far. When it is no continuation of the last one, the view begins anew. */
    text: { type: String, required: true },
    /** Whether the text is complete. */
    complete: { type: Boolean, default: false },
    options: { type: Object as PropType<MarkdownViewOptions>, default: undefined },
  },
  emits: ['error'],
  setup(props, { emit }) {
    const host = shallowRef<HTMLElement | null>(null)
    let view: MarkdownView | null = null
    let follower: TextFollower | null = null
    const follow = (): void => {
      follower?.follow(props.text, props.complete).catch((error: unknown) => emit('error', error))
    }
    onMounted(() => {
      // A container of its own: the view's status stands beside it, and Vue's `div` stays as Vue knows it.
      const element = host.value!
      const container = element.appendChild(element.ownerDocument.createElement('div'))
      view = createMarkdownView(container, props.options)
      follower = new TextFollower(view)
      follow()
    })
    watch(() => [props.text, props.complete], follow)
    onBeforeUnmount(() => view?.destroy())
    return () => h('div', { ref: host })
  },
})
