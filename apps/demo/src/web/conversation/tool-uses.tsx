import type { ReactElement } from 'react'
import { Icon } from '../parts/icons.tsx'
import type { ToolUse } from './face.ts'

interface ToolUsesProps {
  readonly tools: readonly ToolUse[]
  readonly isRunning: boolean
}

/** The tools that the model has called: what it asked of them, and what they gave back. */
export function ToolUses({ tools, isRunning }: ToolUsesProps): ReactElement {
  return (
    <ul className="tools" aria-label="Tools used">
      {tools.map((tool, index) => (
        // A call has no better name than its place: providers may leave ids out, and calls are only ever added at the end.
        <li key={index}>
          <details className="tool">
            <summary>
              <Icon name="tool" />
              <span className="tool-name">{tool.name || 'tool'}</span>
              <span className="tool-state">{stateOf(tool, isRunning)}</span>
              <Icon name="chevron" />
            </summary>
            <dl>
              <dt>Asked</dt>
              <dd>
                <code>{readable(tool.arguments)}</code>
              </dd>
              {tool.result !== null && (
                <>
                  <dt>Got</dt>
                  <dd>
                    <code>{readable(tool.result)}</code>
                  </dd>
                </>
              )}
            </dl>
          </details>
        </li>
      ))}
    </ul>
  )
}

function stateOf({ result }: ToolUse, isRunning: boolean): string {
  if (result !== null) return 'done'
  return isRunning ? 'working …' : 'not run'
}

/** JSON with room to read; what is not JSON (yet), as it is. */
function readable(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
}
