declare const element: HTMLElement

// #region
import { createMarkdownView, lowlightHighlight } from '@sluice/markdown'
import { common, createLowlight } from 'lowlight'

const highlight = lowlightHighlight(createLowlight(common))
const view = createMarkdownView(element, { highlight })
// #endregion
view.append('```js\nlet x = 1\n```\n')
