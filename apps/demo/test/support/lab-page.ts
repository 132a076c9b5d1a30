import type { ChatPage } from './chat-page.ts'

/** The laboratory beside a chat, by what a person finds in it. */
export class LabPage {
  readonly chat: ChatPage

  private constructor(chat: ChatPage) {
    this.chat = chat
  }

  static async open(chat: ChatPage): Promise<LabPage> {
    await chat.page.getByRole('button', { name: 'Laboratory', exact: true }).click()
    await chat.page.getByRole('group', { name: 'Capacity' }).getByLabel('free').isEnabled()
    return new LabPage(chat)
  }

  press(button: string): Promise<void> {
    return this.chat.page.getByRole('button', { name: button, exact: true }).click()
  }

  /** Chooses one of a row, and waits until the server has it. */
  async choose(row: string, option: string): Promise<void> {
    const changed = this.chat.page.waitForResponse(
      (response) => response.url().endsWith('/api/lab') && response.request().method() === 'PATCH',
    )
    await this.chat.page
      .getByRole('group', { name: row })
      .getByText(option, { exact: true })
      .click({ force: true })
    if (!(await changed).ok()) throw new Error(await (await changed).text())
  }

  /** The state that is lit. */
  state(): Promise<string | null> {
    return this.chat.page.locator('.machine-state[data-current=true]').getAttribute('data-state')
  }

  whenState(state: string): Promise<void> {
    return this.chat.page.locator(`.machine-state[data-current=true][data-state=${state}]`).waitFor()
  }

  /** Waits until something is listed among what happened. */
  whenHappened(words: RegExp): Promise<void> {
    return this.chat.page.locator('.happenings li').filter({ hasText: words }).first().waitFor()
  }

  /** Waits until the first number of a figure is as it should be. */
  async whenFigure(name: string, isRight: (value: number) => boolean): Promise<void> {
    const figure = this.chat.page.getByRole('figure', { name }).locator('strong')
    for (let value = Number.NaN; !isRight(value); ) {
      const text = (await figure.textContent()) ?? ''
      value = Number.parseFloat(text.replaceAll(',', ''))
      if (isRight(value)) return
      // The next one comes with the next sample.
      await this.chat.page.waitForFunction(
        ([label, before]) =>
          [...document.querySelectorAll('.plot')].some(
            (plot) =>
              plot.textContent.startsWith(label!) && plot.querySelector('strong')?.textContent !== before,
          ),
        [name, text],
      )
    }
  }
}
