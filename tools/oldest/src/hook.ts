import { registerHooks } from 'node:module'
import { getsOldest, home } from './names.ts'

// For `node --import`. It covers `import` and `require`.
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier, getsOldest(specifier, context.parentURL) ? { ...context, parentURL: home } : context),
})
