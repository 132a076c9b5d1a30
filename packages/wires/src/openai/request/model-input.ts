import type { StreamingError } from '@sluice/core'
import { fault } from '../errors.ts'
import { bindingParameters, IMPOSSIBLE } from './parameters.ts'
import type { ParsedRequest } from './parsed.ts'
import { watched } from './reads.ts'
import type { OpenAiRequest } from './types.ts'

/**
 * The input of the stream that the application makes of a request. A parameter that a client relies on, and that the
 * application has not read, is named: the answer would not be what was asked for.
 * @throws {StreamingError} `unsupported_parameter`, `unsupported_value`, `unknown_parameter`; and whatever `input` throws
 */
export async function modelInput(
  { request, rules, renamed, onlyInBody }: ParsedRequest,
  input: (request: OpenAiRequest) => unknown,
): Promise<unknown> {
  const binding = bindingParameters(request.body, rules)
  const impossible = binding.find((name) => Object.hasOwn(rules, name) && Object.hasOwn(IMPOSSIBLE, name))
  if (impossible !== undefined) throw cannotBe(impossible)
  if (binding.length === 0 && onlyInBody.length === 0) return input(request)

  const read = new Set<string>()
  const readInBody = new Set<string>()
  const originals = new Map(binding.map((name) => [renamed[name] ?? name, name]))
  const body = watched(request.body, [...binding, ...onlyInBody.map(({ name }) => name)], (name) => {
    read.add(name)
    readInBody.add(name)
  })
  const watchedRequest = watched({ ...request, body: body.value }, originals.keys(), (name) => {
    read.add(originals.get(name) ?? name)
  })
  const made = await input(watchedRequest.value)
  const unread = binding.filter((name) => !read.has(name))
  const [unseen] = onlyInBody.filter(({ name }) => !readInBody.has(name))
  if (unread.length === 0 && unseen === undefined) return made
  // The input has the request itself in it, so the application may still read all of it.
  if (body.isIn(made) || watchedRequest.isIn(made)) return made
  if (unseen !== undefined) {
    throw fault({ message: unseen.message, param: unseen.param, code: 'unsupported_value' })
  }
  throw notRead(unread[0]!, Object.hasOwn(rules, unread[0]!))
}

function cannotBe(name: string): StreamingError {
  const message = `Unsupported value: '${name}' is not supported with this model: ${IMPOSSIBLE[name]}.`
  return fault({ message, param: name, code: 'unsupported_value' })
}

function notRead(name: string, isKnown: boolean): StreamingError {
  return isKnown
    ? fault({
        message: `Unsupported parameter: '${name}' is not supported with this model.`,
        param: name,
        code: 'unsupported_parameter',
      })
    : fault({ message: `Unknown parameter: '${name}'.`, param: name, code: 'unknown_parameter' })
}
