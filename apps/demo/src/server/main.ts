import { builtPage } from './built-page.ts'
import { serve } from './serve.ts'

await serve(builtPage)
