import { LabPage } from '../../test/support/lab-page.ts'
import type { Frame } from './animation.ts'
import type { Studio } from './studio.ts'

const QUESTION = 'What happens when the connection is cut?'
const ANSWER = `## The answer goes on

Each answer is kept in a **log**, and each viewer is a number: the last piece that it has.

- The connection is cut, in the middle of a word.
- The server goes on, and the model is not asked again.
- The page comes back, and says *which piece it has*.
- What it missed is there at once, and the rest follows.

| | lost | said twice |
|---|--:|--:|
| words | 0 | 0 |

It works the same after a reload, on another device, and over either transport.`

/** Pauses between two pictures, in milliseconds: as short as the eye needs, as long as the file can bear. */
const EVERY_MS = 120

/** A connection that is cut, and heals: the pictures of it. */
export async function healing({ demo, open }: Studio): Promise<Frame[]> {
  demo.model.reset()
  const chat = await open({
    viewport: { width: 1240, height: 880 },
    deviceScaleFactor: 0.75,
    colorScheme: 'light',
    reducedMotion: 'reduce',
  })
  const { page } = chat
  const lab = await LabPage.open(chat)
  demo.model.script({ text: ANSWER, pace: { tokensPerSecond: 8 } })
  const frames: Frame[] = []
  let takenAt = performance.now()
  let isOver = false
  const film = async () => {
    while (!isOver) {
      const png = await page.screenshot()
      const now = performance.now()
      frames.push({ png, delayMs: Math.round(now - takenAt) })
      takenAt = now
      await page.waitForTimeout(EVERY_MS)
    }
  }

  await chat.ask(QUESTION)
  const filming = film()
  await chat.whenLongerThan(120)
  await lab.press('Away for 5 s')
  await lab.whenHappened(/resumed/)
  await chat.whenOutcome('completed')
  isOver = true
  await filming
  // The last one is what is to be remembered.
  frames.push({ png: await page.screenshot(), delayMs: 3_000 })
  await chat.close()
  return frames
}
